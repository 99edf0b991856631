package io.haduck.core.model;

/**
 * What a sweeper deletes, by its manifest, by the names that it lists, by the head and the listing
 * that it has read before it wrote the manifest. It takes its listing to have shown whatever key of
 * a changeset there ever was.
 */
final class SweepPlan {
  private final RetentionRules rules;
  private final Replica replica;
  private final Sweeper sweeper;
  private final int named;
  private final Needs needs;

  /** Whether something that is kept cannot be read, so that nothing may be deleted. */
  private boolean stops;

  private boolean ignoredLeftover;

  SweepPlan(RetentionRules rules, Replica replica, Sweeper sweeper, int named) {
    this.rules = rules;
    this.replica = replica;
    this.sweeper = sweeper;
    this.named = named;
    this.needs =
        new Needs(replica, sweeper.snapshots, !rules.has(RetentionMutation.CUT_WITHOUT_A_SNAPSHOT));
    need();
  }

  boolean stops() {
    return stops;
  }

  boolean ignoredLeftover() {
    return ignoredLeftover;
  }

  /**
   * Whether what a manifest keeps below its floor, and the floor, can be read without anything that
   * it does not keep: by a snapshot of its own that the sweeper knows, or by the anchor.
   */
  static boolean stands(
      RetentionRules rules, Replica replica, Sweeper sweeper, int floor, int kept) {
    for (int seq = 1; seq <= floor; seq++) {
      boolean counts =
          seq == floor
              ? !rules.has(RetentionMutation.FLOOR_WITHOUT_A_SNAPSHOT)
              : Replica.has(kept, seq);
      if (counts && !stands(replica, sweeper, seq, kept)) {
        return false;
      }
    }
    return true;
  }

  private static boolean stands(Replica replica, Sweeper sweeper, int seq, int kept) {
    return replica.kind[seq] == Kind.BASE
        || Replica.has(sweeper.snapshots, seq)
        || (replica.kind[seq] == Kind.CHECKPOINT && Replica.has(kept, replica.anchor(seq - 1)));
  }

  private void need() {
    for (int seq = 1; seq <= sweeper.head; seq++) {
      if (isKept(seq)) {
        stops |= !add(seq);
      } else if (Replica.has(named, seq)) {
        needName(seq);
      }
    }
  }

  /**
   * No two sweepers may go by different ways to a state. So nothing is deleted while a named state
   * has none of its own.
   */
  private void needName(int seq) {
    if (!add(seq)) {
      // No manifest will ever have it again, so whoever makes the name will be refused.
      boolean leftover =
          !Replica.has(replica.held(), seq) && !rules.has(RetentionMutation.STOP_AT_LEFTOVERS);
      ignoredLeftover |= leftover;
      stops |= !leftover;
    } else if (!stands(replica, sweeper, seq, sweeper.kept)) {
      stops |=
          !rules.has(RetentionMutation.NAME_WITHOUT_A_SNAPSHOT)
              && !rules.has(RetentionMutation.CUT_WITHOUT_A_SNAPSHOT);
    }
  }

  /** Of a state that cannot be read any more, nothing is needed. */
  private boolean add(int seq) {
    return new Needs(replica, sweeper.snapshots).add(seq) && needs.add(seq);
  }

  private boolean isKept(int seq) {
    return seq >= sweeper.floor || Replica.has(sweeper.kept, seq);
  }

  /** The changesets that go. */
  int changesets() {
    int doomed = 0;
    for (int seq = 1; seq < Math.min(sweeper.floor, sweeper.head); seq++) {
      boolean fences =
          (replica.kind[seq] == Kind.BASE && rules.has(RetentionRules.Option.BASE_STAYS))
              || (replica.kind[seq] == Kind.EPOCH && !rules.has(RetentionMutation.SWEEP_EPOCHS));
      boolean old = !rules.log().hasClock() || replica.log.keyAge[seq] > rules.grace();
      if (!fences && old && !Replica.has(needs.changesets(), seq)) {
        doomed |= Replica.bit(seq);
      }
    }
    return doomed;
  }

  /** The snapshots that go: those that were listed, and are of no kept state. */
  int snapshots() {
    int doomed = 0;
    for (int seq = 1; seq < replica.anchor(sweeper.head); seq++) {
      boolean needed = isKept(seq) || Replica.has(named | needs.snapshots(), seq);
      boolean spare = seq > sweeper.floor && rules.has(RetentionMutation.SWEEP_SPARE_SNAPSHOTS);
      if (Replica.has(sweeper.snapshots, seq) && (spare || !needed)) {
        doomed |= Replica.bit(seq);
      }
    }
    return doomed;
  }

  /** The segments that go. */
  int segments() {
    int doomed = 0;
    for (int s = 1; s < replica.rollUp.length; s++) {
      boolean below =
          replica.rollUp[s] < replica.anchor(sweeper.head)
              || rules.has(RetentionMutation.SWEEP_PENDING_SEGMENTS);
      if (replica.rollUpIsThere[s] && below && !Replica.has(needs.segments(), s)) {
        doomed |= Replica.bit(s);
      }
    }
    return doomed;
  }
}
