package io.haduck.core.lease;

import io.haduck.core.FencedException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What is said to people about a lease. */
final class LeaseWords {
  private LeaseWords() {}

  /** Who holds it, since when. */
  static String whose(LeaseRecord record) {
    return switch (record.state()) {
      case HELD, IDLE ->
          record.holder()
              + " ("
              + record.role()
              + ", session "
              + record.session()
              + "), since "
              + record.since();
      case RELEASED -> "nobody, and was " + record.holder() + "'s until " + record.written();
      case HANDING_OVER ->
          "'"
              + record.to()
              + "', to whom "
              + record.holder()
              + " handed it over at "
              + record.written();
    };
  }

  /** Evidence that it is another one's by now. */
  static FencedException fenced(String lease, LeaseRecord by, Participant self) {
    return new FencedException(
        "the lease "
            + lease
            + " of this process, "
            + self
            + ", is another one's: it is held by "
            + whose(by)
            + ". This process may not write to the replica any more. Close the database; when it is certain that the"
            + " other writer is gone, or to follow it, open it anew");
  }

  /** Evidence that somebody else writes under this session's name. */
  static FencedException cloned(String lease, LeaseRecord found, Participant self) {
    return new FencedException(
        "the lease "
            + lease
            + " was written at "
            + found.written()
            + " in the name of this process, "
            + self
            + ", and not by it: there is a copy of this process, as a virtual machine that was cloned or restored from a"
            + " snapshot has. The copy goes on, and this one may not write any more. Close the database here, or end the"
            + " copy, and open it anew");
  }

  /**
   * What is doubted.
   *
   * @param found counter of what is there; 0 if nothing
   * @param known counter of what was
   */
  static String lostHistory(String lease, long found, long known) {
    return lease
        + (found == 0
            ? " is gone, which nobody deletes"
            : " is an older one again: write " + found + ", after write " + known)
        + ". The store has lost history: was it emptied, expired by a lifecycle rule, or rolled back?";
  }

  /** Nanoseconds as people say it. */
  static String seconds(long nanos) {
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
    return millis < 10_000 ? millis / 1000 + "." + millis / 100 % 10 + " s" : millis / 1000 + " s";
  }

  /** For whom somebody waits, or did in vain. */
  static String held(String lease, @Nullable LeaseRecord record, long quietNanos) {
    if (record == null) {
      return "there is no lease "
          + lease
          + " beside the log, though somebody may write without one: the log has been as it is for "
          + seconds(quietNanos);
    }
    LeaseRecord.Knock knock = record.knock();
    return "the lease "
        + lease
        + " is held by "
        + whose(record)
        + "; seen from here for "
        + seconds(quietNanos)
        + " without a sign of life"
        + (knock == null ? "" : ", and " + knock.label() + " has knocked since");
  }
}
