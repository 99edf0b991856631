package io.haduck.core.model;

/**
 * What it takes to read a state: its index, by a snapshot of its own or by a chain of changesets
 * from a snapshot or BASE, and the objects that have its bytes.
 *
 * <p>The bytes of a checkpoint are its own and those of the WAL commit before it; those of a state
 * in the WAL are the anchor's, and each commit's since, or the roll-up in place of those.
 */
final class Needs {
  private final Replica replica;

  /** The snapshots that are known. */
  private final int snapshots;

  private final boolean countsChains;

  /** The changesets that it takes, of all states asked for so far. */
  private int changesets;

  private int taken;
  private int segments;

  /**
   * Asks nothing yet.
   *
   * @param snapshots that the reader knows of
   */
  Needs(Replica replica, int snapshots) {
    this(replica, snapshots, true);
  }

  /**
   * Asks nothing yet.
   *
   * @param countsChains whether the chain that leads to a state counts as needed, as it is
   */
  Needs(Replica replica, int snapshots, boolean countsChains) {
    this.replica = replica;
    this.snapshots = snapshots;
    this.countsChains = countsChains;
  }

  int changesets() {
    return changesets;
  }

  int snapshots() {
    return taken;
  }

  int segments() {
    return segments;
  }

  /** Whether a state can be read from the keys that are there. */
  static boolean canRead(Replica replica, int seq) {
    return new Needs(replica, replica.snapshots).add(seq);
  }

  /** Adds what a state needs. Returns false, and has added some of it, if that is not all there. */
  boolean add(int seq) {
    return hasIndex(seq) && addIndex(seq) && addBytes(seq);
  }

  private boolean hasIndex(int seq) {
    return seq > 0
        && replica.isThere(seq)
        && (isStart(seq)
            || (replica.kind[seq].isSelfContained() && hasIndex(replica.anchor(seq - 1)))
            || hasIndex(seq - 1));
  }

  private boolean isStart(int seq) {
    return Replica.has(snapshots, seq) || replica.kind[seq] == Kind.BASE;
  }

  /** Goes the shortest way, which is there. */
  private boolean addIndex(int seq) {
    changesets |= Replica.bit(seq);
    if (Replica.has(snapshots, seq)) {
      taken |= Replica.bit(seq);
      return true;
    }
    if (isStart(seq) || !countsChains) {
      return true;
    }
    int anchor = replica.anchor(seq - 1);
    boolean skips = replica.kind[seq].isSelfContained() && hasIndex(anchor);
    return addIndex(skips ? anchor : seq - 1);
  }

  private boolean addBytes(int seq) {
    return switch (replica.kind[seq]) {
      case BASE -> addChangeset(seq);
      case CHECKPOINT ->
          addChangeset(seq) && (!replica.kind[seq - 1].isWal() || addChangeset(seq - 1));
      case WAL -> addChangeset(seq) && addBytes(seq - 1);
      case ROLLED_UP -> addChangeset(seq) && addRollUp(seq);
      case EPOCH -> addBytes(seq - 1);
      case NONE -> false;
    };
  }

  private boolean addRollUp(int seq) {
    int session = replica.log.history[seq];
    int anchor = replica.anchor(seq - 1);
    for (int k = Math.max(anchor, replica.rollUp[session]) + 1; k < seq; k++) {
      if (replica.kind[k].isWal() && !addChangeset(k)) {
        return false;
      }
    }
    segments |= Replica.bit(session);
    return replica.rollUpIsThere[session] && addBytes(anchor);
  }

  private boolean addChangeset(int seq) {
    changesets |= Replica.bit(seq);
    return replica.isThere(seq);
  }
}
