package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.store.ObjectStore;

/** What is wrong where what is kept of a log, and what lies there, do not fit. */
final class KeptStateErrors {
  private KeptStateErrors() {}

  /** Another changeset is in the place of one whose state is kept. */
  static CorruptDataException another(ObjectStore store, LogPosition found, Digest expected) {
    return new CorruptDataException(
        store
            + ": the state of seq "
            + found.seq()
            + " is kept, with digest "
            + expected
            + ", but what is there is "
            + found
            + "; restore a deleted version of "
            + LogKeys.changeset(found.seq())
            + ", or restore to another seq");
  }

  /** The changeset of a state that is kept is not there. */
  static CorruptDataException missing(ObjectStore store, long seq) {
    return new CorruptDataException(
        store
            + ": the state of seq "
            + seq
            + " is kept, but "
            + LogKeys.changeset(seq)
            + " is missing; restore a deleted version of it, or restore to another seq");
  }

  /**
   * Changesets are missing where a moment may lie: given up by the retention, or lost.
   *
   * @param last the last one that is there and not later
   * @param next the first one that is there and later
   */
  static HaduckException gapAt(
      ObjectStore store, long timeMicros, Changeset last, Changeset next, ReadableStates states) {
    long before = last.seq();
    long after = next.seq();
    String time = LogTime.toInstant(timeMicros).toString();
    String choose =
        "seq "
            + before
            + " ("
            + last.time()
            + ") is the last one before, seq "
            + after
            + " ("
            + next.time()
            + ") the first one after";
    if (after <= states.walFrom()) {
      return new DivergedException(
          store
              + " does not keep the state of "
              + time
              + " any more: its retention has given up what was between. Say which one it shall be: "
              + choose
              + ". Nothing was changed");
    }
    return new CorruptDataException(
        store
            + ": "
            + LogKeys.changeset(before + 1)
            + (after - before == 2 ? " is" : " and others up to seq " + (after - 1) + " are")
            + " missing, and "
            + time
            + " may lie there. Restore deleted versions, or say which state it shall be: "
            + choose);
  }
}
