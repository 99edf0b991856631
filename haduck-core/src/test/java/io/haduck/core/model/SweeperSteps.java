package io.haduck.core.model;

/**
 * What a sweeper does: it reads the newest manifest, the head and a listing; makes snapshots, and
 * reads them back; writes the next manifest; lists names; deletes. If it finds a name of a state
 * that has no snapshot, it makes one and lists names once more, or ends. The policy is any: each
 * choice that the rules allow is a step. That nothing is deleted is a choice, too: a sweeper that
 * stops.
 */
final class SweeperSteps {
  private final RetentionRules rules;

  SweeperSteps(RetentionRules rules) {
    this.rules = rules;
  }

  void add(Replica replica, int i, RetentionSteps steps) {
    Sweeper sweeper = replica.sweepers[i];
    String who = "sweeper " + (i + 1);
    switch (sweeper.phase) {
      case Sweeper.RESTS -> {
        if (replica.log.head > 0) {
          steps.change(who, "reads manifest, head and listing", next -> plan(next, i));
        }
      }
      case Sweeper.PLANS -> {
        snapshots(replica, i, who, steps);
        manifests(replica, i, who, steps);
      }
      case Sweeper.LISTS -> {
        snapshots(replica, i, who, steps);
        steps.change(who, "lists names", next -> list(next, i, steps));
      }
      default -> deletes(replica, i, who, steps);
    }
  }

  private void plan(Replica next, int i) {
    plan(next, next.sweepers[i]);
  }

  private void plan(Replica next, Sweeper sweeper) {
    sweeper.phase = Sweeper.PLANS;
    sweeper.head = next.log.head;
    sweeper.snapshots = next.snapshots;
    if (rules.has(RetentionMutation.LIST_NAMES_BEFORE_THE_MANIFEST)) {
      sweeper.named = next.named();
    }
  }

  // --- snapshots

  /** It makes those of states that it has found to be kept or named, or has found before. */
  private static void snapshots(Replica replica, int i, String who, RetentionSteps steps) {
    Sweeper sweeper = replica.sweepers[i];
    for (int seq = 1; seq <= sweeper.head; seq++) {
      int at = seq;
      if (!Replica.has(sweeper.snapshots, seq) && canMakeSnapshot(replica, seq)) {
        steps.reached(RetentionLandmark.SNAPSHOT_MADE);
        steps.change(
            who,
            "makes snapshot " + seq,
            next -> {
              next.snapshots |= Replica.bit(at);
              next.sweepers[i].snapshots |= Replica.bit(at);
            });
      }
    }
  }

  static boolean canMakeSnapshot(Replica replica, int seq) {
    return replica.kind[seq] != Kind.BASE
        && (replica.isKept(seq) || Replica.has(replica.named(), seq))
        && Needs.canRead(replica, seq);
  }

  // --- the manifest

  private void manifests(Replica replica, int i, String who, RetentionSteps steps) {
    Sweeper sweeper = replica.sweepers[i];
    if (sweeper.outdated) {
      steps.reached(RetentionLandmark.MANIFEST_TAKEN);
      steps.change(who, "finds its manifest taken", next -> next.sweepers[i].rest());
      if (!rules.has(RetentionRules.Option.MANIFESTS_GO)) {
        return;
      }
    }
    // One that is created late goes by a manifest that nobody has any more: by any.
    boolean late = sweeper.outdated;
    boolean newestOnly = rules.has(RetentionRules.Option.NEWEST_ONLY);
    int lowest = newestOnly ? replica.anchor(sweeper.head) : Math.max(1, late ? 0 : replica.floor);
    boolean again = late || rules.has(RetentionMutation.LIST_DROPPED_STATES_AGAIN);
    for (int floor = lowest; floor <= sweeper.head; floor++) {
      if (!replica.kind[floor].isCheckpoint()) {
        continue;
      }
      int allowed = 0;
      for (int seq = 1; seq < floor; seq++) {
        boolean may = again ? replica.isThere(seq) || late : replica.isKept(seq);
        allowed |= may && replica.kind[seq] != Kind.EPOCH ? Replica.bit(seq) : 0;
      }
      allowed = newestOnly ? 0 : allowed;
      // All subsets, the empty one last.
      int kept = allowed;
      while (true) {
        if (SweepPlan.stands(rules, replica, sweeper, floor, kept)) {
          manifest(i, who, floor, kept, steps);
        }
        if (kept == 0) {
          break;
        }
        kept = (kept - 1) & allowed;
      }
    }
  }

  private static void manifest(int i, String who, int floor, int kept, RetentionSteps steps) {
    steps.change(
        who,
        "writes manifest " + Replica.seqs(kept) + " and " + floor + "+",
        next -> {
          Sweeper sweeper = next.sweepers[i];
          sweeper.phase = Sweeper.LISTS;
          sweeper.floor = floor;
          sweeper.kept = kept;
          if (sweeper.outdated) {
            steps.reached(RetentionLandmark.OLD_MANIFEST_CREATED_LATE);
            return;
          }
          if (kept != 0) {
            steps.reached(RetentionLandmark.KEPT_BELOW_THE_FLOOR);
          }
          next.floor = floor;
          next.kept = kept;
          for (int other = 0; other < next.sweepers.length; other++) {
            next.sweepers[other].outdated |= other != i;
          }
        });
  }

  // --- names, and what goes

  private void list(Replica next, int i, RetentionSteps steps) {
    Sweeper sweeper = next.sweepers[i];
    boolean before = rules.has(RetentionMutation.LIST_NAMES_BEFORE_THE_MANIFEST);
    int named = before ? sweeper.named : next.named();
    if ((named & Replica.below(sweeper.floor) & ~sweeper.kept) != 0) {
      steps.reached(RetentionLandmark.NAME_FOUND_AFTER_THE_MANIFEST);
    }
    if (decide(next, sweeper, named).ignoredLeftover()) {
      steps.reached(RetentionLandmark.LEFTOVER_IGNORED);
    }
  }

  private SweepPlan decide(Replica next, Sweeper sweeper, int named) {
    var plan = new SweepPlan(rules, next, sweeper, named);
    if (plan.stops()) {
      sweeper.rest();
      return plan;
    }
    sweeper.doomed = plan.changesets();
    sweeper.doomedSnapshots = plan.snapshots();
    sweeper.doomedSegments = plan.segments();
    sweeper.phase = Sweeper.DELETES;
    return plan;
  }

  // --- deletes

  private void deletes(Replica replica, int i, String who, RetentionSteps steps) {
    Sweeper sweeper = replica.sweepers[i];
    steps.change(who, "ends", next -> next.sweepers[i].rest());
    if (looks() && !sweeper.looked) {
      if (sweeper.outdated) {
        steps.reached(RetentionLandmark.NEWER_MANIFEST_SEEN);
      } else {
        steps.change(who, "sees no newer manifest", next -> next.sweepers[i].looked = true);
      }
      return;
    }
    for (int seq = 1; seq <= replica.log.head; seq++) {
      int at = seq;
      if (Replica.has(sweeper.doomed, seq) && replica.log.key[seq] != 0) {
        steps.reached(RetentionLandmark.CHANGESET_SWEPT);
        steps.change(who, "deletes changeset " + seq, next -> next.log.key[at] = 0);
      }
      if (Replica.has(sweeper.doomedSnapshots & replica.snapshots, seq)) {
        steps.reached(RetentionLandmark.SNAPSHOT_SWEPT);
        steps.change(who, "deletes snapshot " + seq, next -> next.snapshots &= ~Replica.bit(at));
      }
    }
    for (int s = 1; s < replica.rollUp.length; s++) {
      int session = s;
      if (Replica.has(sweeper.doomedSegments, s) && replica.rollUpIsThere[s]) {
        steps.reached(RetentionLandmark.ROLL_UP_SWEPT);
        steps.change(
            who,
            "deletes the roll-up of " + World.name(s),
            next -> next.rollUpIsThere[session] = false);
      }
    }
  }

  // --- a whole run

  /**
   * A sweeper runs, and nobody else does anything. It makes the snapshots that its manifest takes,
   * and those of named states.
   *
   * @return whether it got to its end
   */
  boolean run(Replica next, int floor, int kept) {
    var sweeper = new Sweeper();
    plan(next, sweeper);
    for (int seq = 1; seq <= sweeper.head; seq++) {
      if (Replica.has(kept | Replica.bit(floor) | next.named(), seq)
          && canMakeSnapshot(next, seq)) {
        next.snapshots |= Replica.bit(seq);
        sweeper.snapshots |= Replica.bit(seq);
      }
    }
    sweeper.floor = floor;
    sweeper.kept = kept;
    next.floor = floor;
    next.kept = kept;
    decide(next, sweeper, next.named());
    for (int seq = 1; seq <= sweeper.head; seq++) {
      if (Replica.has(sweeper.doomed, seq)) {
        next.log.key[seq] = 0;
      }
    }
    next.snapshots &= ~sweeper.doomedSnapshots;
    for (int s = 1; s < next.rollUp.length; s++) {
      next.rollUpIsThere[s] &= !Replica.has(sweeper.doomedSegments, s);
    }
    return sweeper.is(Sweeper.DELETES);
  }

  /** Where no manifest is ever deleted, the look is left out: what is safe without is with it. */
  private boolean looks() {
    return rules.has(RetentionRules.Option.MANIFESTS_GO)
        && !rules.has(RetentionMutation.DELETE_WITHOUT_A_LOOK);
  }
}
