package io.haduck.core.model;

import java.util.Set;
import java.util.TreeSet;

/**
 * What a model of the log is made of.
 *
 * @param sessions how many processes may open the log, one after the other or at once; one that
 *     starts again is another
 * @param seqs how many changesets the log may have
 * @param believedFor how many ticks an append is believed after a confirmation, and how many a key
 *     is older than when it is swept; 0 if there is no clock at all, and each confirmation is good
 *     for ever, each key swept at any time
 * @param follower what the follower believes
 * @param leaseSaysYes whether the lease lets whoever asks write, or nobody
 * @param mutations of the rules
 */
record LogRules(
    int sessions,
    int seqs,
    int believedFor,
    FollowerRule follower,
    boolean leaseSaysYes,
    Set<Mutation> mutations) {

  /** Both lines. */
  static LogRules both(int sessions, int seqs, FollowerRule follower) {
    return new LogRules(sessions, seqs, 1, follower, true, Set.of());
  }

  /** The second line alone: whatever the clocks say. */
  static LogRules withoutClocks(int sessions, int seqs, FollowerRule follower) {
    return new LogRules(sessions, seqs, 0, follower, true, Set.of());
  }

  /** The first line alone: EPOCHs are swept like anything, and an opener does not LIST. */
  static LogRules withClocks(int sessions, int seqs, FollowerRule follower) {
    return new LogRules(
        sessions,
        seqs,
        1,
        follower,
        true,
        Set.of(Mutation.SWEEP_EPOCHS, Mutation.NO_LIST_AFTER_EPOCH, Mutation.NO_LIST_AFTER_BASE));
  }

  /** The first line alone, but for the BASE, so that what goes wrong goes wrong with an EPOCH. */
  static LogRules withClocksAfterBase(int sessions, int seqs, FollowerRule follower) {
    return new LogRules(
        sessions,
        seqs,
        1,
        follower,
        true,
        Set.of(Mutation.SWEEP_EPOCHS, Mutation.NO_LIST_AFTER_EPOCH));
  }

  LogRules mutated(Mutation mutation) {
    Set<Mutation> more = new TreeSet<>(mutations);
    more.add(mutation);
    return new LogRules(sessions, seqs, believedFor, follower, leaseSaysYes, more);
  }

  LogRules withLeaseThatSaysNo() {
    return new LogRules(sessions, seqs, believedFor, follower, false, mutations);
  }

  String bounds() {
    return sessions + " sessions, " + seqs + " seqs, follower " + follower;
  }

  boolean has(Mutation mutation) {
    return mutations.contains(mutation);
  }

  boolean hasClock() {
    return believedFor > 0;
  }
}
