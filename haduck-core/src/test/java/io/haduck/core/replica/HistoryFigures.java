package io.haduck.core.replica;

/** What a history came to. */
record HistoryFigures(
    long seed,
    int checkpoints,
    int contentsCompared,
    long statements,
    long statementsRefused,
    long commits,
    long commitsWithoutFullScan,
    long missedIterations,
    int readersOverCheckpoints,
    int checkpointsGivenUp,
    int forgottenByDuckDb) {}
