package io.haduck.core.model;

/**
 * What nothing needs. Whether something is needed is found out by taking it away, not by the plan
 * that a sweeper makes.
 */
final class Garbage {
  private Garbage() {}

  /** Whether there is any: a key of which each state that is kept or named can do without. */
  static boolean isIn(Replica replica) {
    return changesetIsIn(replica) || snapshotIsIn(replica) || rollUpIsIn(replica);
  }

  private static boolean changesetIsIn(Replica replica) {
    int before = readable(replica);
    for (int seq = 1; seq < Math.min(replica.floor, replica.log.head); seq++) {
      byte key = replica.log.key[seq];
      if (key != 0 && replica.kind[seq] != Kind.EPOCH && replica.kind[seq] != Kind.BASE) {
        replica.log.key[seq] = 0;
        boolean needed = readable(replica) != before;
        replica.log.key[seq] = key;
        if (!needed) {
          return true;
        }
      }
    }
    return false;
  }

  /** That of a state that is kept or named is never deleted, whether it is needed or not. */
  private static boolean snapshotIsIn(Replica replica) {
    int before = readable(replica);
    for (int seq = 1; seq < replica.anchor(replica.log.head); seq++) {
      boolean stays = replica.isKept(seq) || Replica.has(replica.named(), seq);
      if (Replica.has(replica.snapshots, seq) && !stays) {
        replica.snapshots &= ~Replica.bit(seq);
        boolean needed = readable(replica) != before;
        replica.snapshots |= Replica.bit(seq);
        if (!needed) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean rollUpIsIn(Replica replica) {
    int before = readable(replica);
    for (int s = 1; s < replica.rollUp.length; s++) {
      if (replica.rollUpIsThere[s] && replica.rollUp[s] < replica.anchor(replica.log.head)) {
        replica.rollUpIsThere[s] = false;
        boolean needed = readable(replica) != before;
        replica.rollUpIsThere[s] = true;
        if (!needed) {
          return true;
        }
      }
    }
    return false;
  }

  private static int readable(Replica replica) {
    int set = 0;
    for (int seq = 1; seq <= replica.log.head; seq++) {
      boolean counts = replica.isKept(seq) || Replica.has(replica.named(), seq);
      set |= counts && Needs.canRead(replica, seq) ? Replica.bit(seq) : 0;
    }
    return set;
  }
}
