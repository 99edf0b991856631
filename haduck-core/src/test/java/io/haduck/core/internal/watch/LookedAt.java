package io.haduck.core.internal.watch;

import io.haduck.core.internal.duckdb.DatabaseMoment;
import io.haduck.core.internal.duckdb.IterationWal;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What looks have seen of {@link MarkedCommits}, held against what DuckDB had acknowledged before
 * each and against the bytes of the WAL once all is quiet.
 */
final class LookedAt {
  private final MarkedCommits duck;
  private final Counts counts;
  private final List<Look> looks = new ArrayList<>();

  /** What a run has met. */
  static final class Counts {
    long runningCheckpoints;
    long iterationsMoved;
    long commits;

    @Override
    public String toString() {
      return runningCheckpoints
          + " of them while a checkpoint ran, "
          + iterationsMoved
          + " after another iteration, "
          + commits
          + " commits seen";
    }
  }

  /**
   * One look.
   *
   * @param acknowledged how many commits were, before it began
   * @param marks of the commits that it saw in the WAL
   */
  private record Look(long iteration, long acknowledged, List<Long> marks) {}

  LookedAt(MarkedCommits duck, Counts counts) {
    this.duck = duck;
    this.counts = counts;
  }

  void add(DatabaseMoment moment, IterationWal wal, long acknowledged) throws IOException {
    byte[] stream = new byte[Math.toIntExact(moment.wal().end())];
    wal.read(moment.iteration(), 0, stream, 0, stream.length);
    List<Long> marks = MarkedCommits.marks(stream);
    counts.runningCheckpoints += moment.wal().checkpointRunning() ? 1 : 0;
    counts.commits += marks.size();
    if (!looks.isEmpty() && looks.get(looks.size() - 1).iteration != moment.iteration()) {
      counts.iterationsMoved++;
    }
    looks.add(new Look(moment.iteration(), acknowledged, marks));
  }

  /** What was wrong with them; for when nothing runs any more. */
  List<String> violations() throws IOException, SQLException {
    long iteration = duck.iteration();
    List<Long> inFile = duck.marksInFile();
    var found = new ArrayList<String>();
    for (int i = 0; i < looks.size(); i++) {
      Look look = looks.get(i);
      Set<Long> seen = new HashSet<>(look.marks);
      for (long n = 0; n < look.acknowledged; n++) {
        long number = duck.number(n);
        // Begun when the header was there already, a commit is in no checkpoint that it names.
        boolean follows = duck.iterationBefore(n) == look.iteration;
        boolean stayed = look.iteration == iteration && inFile.contains(number);
        if (duck.iterationBefore(n) > look.iteration) {
          found.add("look " + i + " saw iteration " + look.iteration + " after a later one");
        } else if ((follows || stayed) && !seen.contains(number)) {
          found.add(
              String.format(
                  "look %d at iteration %d misses commit %d, and saw %s; now, at iteration %d, the WAL holds %s and"
                      + " the table %s",
                  i,
                  look.iteration,
                  number,
                  look.marks,
                  iteration,
                  inFile,
                  duck.isInTable(number) ? "has it" : "has it not"));
        }
      }
      if (look.iteration == iteration
          && !inFile.subList(0, Math.min(inFile.size(), look.marks.size())).equals(look.marks)) {
        found.add("look " + i + " saw " + look.marks + ", the WAL holds " + inFile);
      }
    }
    return found;
  }
}
