package io.haduck.core.log;

import io.haduck.core.CorruptDataException;

/** What must hold between a changeset and the ones before it. */
final class ChainRules {
  private ChainRules() {}

  /** Throws unless {@code next} may follow {@code before}. */
  static void check(LogState before, Changeset next) {
    expect(next, "seq", before.position().seq() + 1, next.seq());
    expect(next, "parent digest", before.position().digest(), next.parent());
    expect(next, "anchor", before.anchor(), next.anchor());
    expect(next, "lineage", before.lineage(), next.lineage());
    long epoch = before.epoch() + (next.kind() == ChangesetKind.EPOCH ? 1 : 0);
    expect(next, "epoch", epoch, next.epoch());
    if (next.timeMicros() <= before.timeMicros()) {
      throw broken(
          next,
          "expected a time after that of its parent, "
              + before.timeMicros()
              + ", found "
              + next.timeMicros());
    }
    checkIdentity(before.identity(), next);
  }

  private static void checkIdentity(DatabaseIdentity before, Changeset next) {
    DatabaseIdentity after = next.identity();
    switch (next.kind()) {
      case BASE -> {}
      case CHECKPOINT -> expect(next, "block size", before.blockSize(), after.blockSize());
      case EPOCH -> expect(next, "identity", before, after);
      case WAL -> {
        DatabaseIdentity expected =
            new DatabaseIdentity(
                before.identifier(),
                before.storageVersion(),
                before.blockSize(),
                before.iteration(),
                Math.max(before.blockCount(), after.blockCount()));
        expect(next, "identity", expected, after);
      }
    }
  }

  private static void expect(Changeset next, String what, Object expected, Object found) {
    if (!expected.equals(found)) {
      throw broken(next, "expected " + what + " " + expected + ", found " + found);
    }
  }

  private static CorruptDataException broken(Changeset next, String problem) {
    return new CorruptDataException(
        next.key()
            + " (seq "
            + next.seq()
            + ", "
            + next.kind()
            + ") does not follow what is before it: "
            + problem
            + "; the log is damaged from there on, restore to a seq below");
  }
}
