package io.haduck.core.model;

/** How far a sweeper has come, and what it knows. Sets of seqs are bits, that of seq 1 lowest. */
final class Sweeper {
  static final int LENGTH = 5;

  static final int RESTS = 0;

  /** Has read the newest manifest, the head and a listing. */
  static final int PLANS = 1;

  /** Has written its manifest. */
  static final int LISTS = 2;

  /** Its DELETEs land, each at any time and any number of times. */
  static final int DELETES = 3;

  int phase;

  /** Whether there is a newer manifest than the one that it has read, or written. */
  boolean outdated;

  /** Whether it has looked for a newer one. */
  boolean looked;

  /** The head as it was read. */
  int head;

  /** The floor in its manifest. */
  int floor;

  /** What its manifest keeps below. */
  int kept;

  /** The snapshots that it knows to be there. */
  int snapshots;

  /** What was named before it wrote its manifest, if it goes by that. */
  int named;

  /** The changesets that it deletes. */
  int doomed;

  int doomedSnapshots;

  /** The segments that it deletes, by their writers. */
  int doomedSegments;

  boolean is(int wanted) {
    return phase == wanted;
  }

  void rest() {
    phase = RESTS;
    outdated = false;
    looked = false;
    head = 0;
    floor = 0;
    kept = 0;
    snapshots = 0;
    named = 0;
    doomed = 0;
    doomedSnapshots = 0;
    doomedSegments = 0;
  }

  void encode(byte[] out, int at) {
    out[at] = (byte) (phase | (outdated ? 4 : 0) | (looked ? 8 : 0));
    if (phase == DELETES) {
      out[at + 1] = (byte) doomed;
      out[at + 2] = (byte) doomedSnapshots;
      out[at + 3] = (byte) doomedSegments;
    } else {
      out[at + 1] = (byte) (head | (floor << 4));
      out[at + 2] = (byte) kept;
      out[at + 3] = (byte) snapshots;
      out[at + 4] = (byte) named;
    }
  }

  static Sweeper decode(byte[] in, int at) {
    var sweeper = new Sweeper();
    sweeper.phase = in[at] & 3;
    sweeper.outdated = (in[at] & 4) != 0;
    sweeper.looked = (in[at] & 8) != 0;
    if (sweeper.phase == DELETES) {
      sweeper.doomed = in[at + 1];
      sweeper.doomedSnapshots = in[at + 2];
      sweeper.doomedSegments = in[at + 3];
    } else {
      sweeper.head = in[at + 1] & 15;
      sweeper.floor = in[at + 1] >> 4;
      sweeper.kept = in[at + 2];
      sweeper.snapshots = in[at + 3];
      sweeper.named = in[at + 4];
    }
    return sweeper;
  }

  String text() {
    return switch (phase) {
      case PLANS -> "plans at " + head + (outdated ? ", outdated" : "");
      case LISTS -> "wrote " + floor + "+" + Replica.seqs(kept);
      case DELETES ->
          "deletes"
              + (doomed == 0 ? "" : " log " + Replica.seqs(doomed))
              + (doomedSnapshots == 0 ? "" : " snapshots " + Replica.seqs(doomedSnapshots))
              + (doomedSegments == 0 ? "" : " roll-up");
      default -> "rests";
    };
  }
}
