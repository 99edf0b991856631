package io.haduck.core.model;

/**
 * What writers write: PUTs that land as one kind or another, and roll-ups, which nothing names
 * before the next commit does. A PUT that has not landed yet may still be one that has not been
 * sent, so what it is, is settled when it lands as the head.
 */
final class CommitSteps {
  private final RetentionRules rules;
  private final StoreSteps store;

  CommitSteps(RetentionRules rules) {
    this.rules = rules;
    this.store = new StoreSteps(rules.log());
  }

  void add(Replica replica, RetentionSteps steps) {
    for (int s = 1; s <= rules.log().sessions(); s++) {
      for (int seq = 1; seq <= rules.log().seqs(); seq++) {
        if (replica.log.key[seq] == 0 && replica.log.isSent(s, seq)) {
          lands(replica, s, seq, steps);
        }
      }
      if (rules.has(RetentionRules.Option.ROLL_UPS)) {
        rollUps(replica, s, steps);
      }
    }
    if (rules.log().hasClock()) {
      steps.add("time", "passes", next -> store.tick(next, rules.grace() + 1));
    }
  }

  // --- changesets

  private void lands(Replica replica, int s, int seq, RetentionSteps steps) {
    if (seq <= replica.log.head) {
      land(s, seq, Kind.NONE, steps);
    } else if (!replica.log.isData(s, seq)) {
      land(s, seq, replica.log.parent(s, seq) == 0 ? Kind.BASE : Kind.EPOCH, steps);
    } else {
      char wanted = rules.kinds().charAt(seq - 1);
      if (wanted != 'C') {
        land(s, seq, Kind.WAL, steps);
      }
      if (wanted != 'W') {
        land(s, seq, Kind.CHECKPOINT, steps);
      }
      if (replica.rollUpIsPending[s] && wanted != 'C') {
        land(s, seq, Kind.ROLLED_UP, steps);
      }
    }
  }

  private void land(int s, int seq, Kind kind, RetentionSteps steps) {
    String what = kind == Kind.NONE ? "" : ", " + kind;
    steps.change(
        "store",
        StoreSteps.landing(s, seq) + what,
        next -> {
          store.land(next.log, s, seq, steps);
          if (kind != Kind.NONE) {
            next.kind[seq] = kind;
            settleRollUp(next, s, kind, steps);
          }
        });
  }

  // --- roll-ups

  private void settleRollUp(Replica next, int s, Kind kind, RetentionSteps steps) {
    if (!next.rollUpIsPending[s]) {
      return;
    }
    if (kind == Kind.ROLLED_UP) {
      steps.reached(RetentionLandmark.ROLL_UP_NAMED);
      next.rollUpIsPending[s] = false;
    } else if (kind.isCheckpoint() && !rules.has(RetentionMutation.KEEP_ROLL_UP)) {
      steps.reached(RetentionLandmark.ROLL_UP_DROPPED);
      next.rollUpIsPending[s] = false;
    }
  }

  /** A writer writes a segment, of the WAL as its head has it. */
  private static void rollUps(Replica replica, int s, RetentionSteps steps) {
    int head = replica.log.at[s];
    boolean writes = replica.log.phase[s] == Phase.WRITING && !replica.log.landed[s];
    if (writes && replica.rollUp[s] == 0 && hasWal(replica, head)) {
      steps.change(
          World.name(s),
          "writes a roll-up of " + head,
          next -> {
            next.rollUp[s] = (byte) head;
            next.rollUpIsThere[s] = true;
            next.rollUpIsPending[s] = true;
          });
    }
  }

  private static boolean hasWal(Replica replica, int head) {
    int seq = head;
    while (seq > 0 && replica.kind[seq] == Kind.EPOCH) {
      seq--;
    }
    return seq > 0 && replica.kind[seq].isWal();
  }
}
