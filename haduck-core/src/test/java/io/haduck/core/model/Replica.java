package io.haduck.core.model;

import java.util.Arrays;
import java.util.List;

/**
 * One state of a replica with its manifest, of those who write to it, name states of it, sweep it
 * and read it. Up to seven seqs: a set of them is one byte, the bit of seq 1 lowest.
 */
final class Replica {
  // --- how far a name has come

  static final int NO_NAME = 0;

  /** It is written, and whoever makes it has to look at the newest manifest. */
  static final int CREATING = 1;

  /** Whoever made it relies on it. */
  static final int HELD = 2;

  /** Whoever made it knows that its state may be gone, and has not deleted it yet. */
  static final int REFUSED = 3;

  /** Nothing is written; whoever makes it has looked at the manifest before. */
  static final int INTENDED = 4;

  /** The log's keys, and those who write to it. */
  final World log;

  /** What was created at each seq when that was the head. */
  final Kind[] kind;

  /** The newest manifest: all states from here on are kept; 0 if there is none. */
  int floor;

  /** The newest manifest: what is kept below the floor. */
  int kept;

  /** The snapshots that are there. */
  int snapshots;

  /** For each session, the seq of its roll-up's segment; 0 if it wrote none. */
  final byte[] rollUp;

  final boolean[] rollUpIsThere;

  /** Whether its writer may still name it. */
  final boolean[] rollUpIsPending;

  final Sweeper[] sweepers;

  /** For each creator, how far its name has come. */
  final byte[] name;

  /** For each creator, the seq that it names. */
  final byte[] named;

  /** The seq that a reader found in the manifest, before it reads the key. */
  int wanted;

  /** The seq at which a reader read what never was in the history. */
  int stray;

  Replica(RetentionRules rules) {
    this(rules, new World(rules.log().sessions(), rules.log().seqs()));
    Arrays.setAll(sweepers, i -> new Sweeper());
  }

  private Replica(RetentionRules rules, World log) {
    this.log = log;
    kind = new Kind[rules.log().seqs() + 1];
    Arrays.fill(kind, Kind.NONE);
    rollUp = new byte[rules.log().sessions() + 1];
    rollUpIsThere = new boolean[rollUp.length];
    rollUpIsPending = new boolean[rollUp.length];
    sweepers = new Sweeper[rules.sweepers()];
    name = new byte[rules.creators()];
    named = new byte[rules.creators()];
  }

  // --- sets of seqs

  static int bit(int seq) {
    return 1 << (seq - 1);
  }

  static boolean has(int set, int seq) {
    return (set & bit(seq)) != 0;
  }

  /** The seqs below one. */
  static int below(int seq) {
    return seq < 1 ? 0 : bit(seq) - 1;
  }

  static String seqs(int set) {
    var text = new StringBuilder("{");
    for (int seq = 1; below(seq) < set; seq++) {
      if (has(set, seq)) {
        text.append(text.length() > 1 ? "," : "").append(seq);
      }
    }
    return text.append('}').toString();
  }

  // --- what is there

  /** The last BASE or CHECKPOINT up to a head. */
  int anchor(int head) {
    int seq = head;
    while (seq > 0 && !kind[seq].isCheckpoint()) {
      seq--;
    }
    return seq;
  }

  /** Whether the true changeset lies at a seq. */
  boolean isThere(int seq) {
    return log.key[seq] != 0 && log.key[seq] == log.history[seq];
  }

  /** Whether something lies at a seq that never was in the history. */
  boolean isStray(int seq) {
    return log.key[seq] != 0 && log.key[seq] != log.history[seq];
  }

  /** Whether the newest manifest says that there is a state after this seq. */
  boolean isKept(int seq) {
    return seq >= floor || has(kept, seq);
  }

  /** The seqs that names in the store name. */
  int named() {
    int set = 0;
    for (int i = 0; i < name.length; i++) {
      set |= name[i] == NO_NAME || name[i] == INTENDED ? 0 : bit(named[i]);
    }
    return set;
  }

  /** The seqs that somebody holds by a name. */
  int held() {
    int set = 0;
    for (int i = 0; i < name.length; i++) {
      set |= name[i] == HELD ? bit(named[i]) : 0;
    }
    return set;
  }

  // --- bytes

  @SuppressWarnings("EnumOrdinal") // no state outlives a run
  byte[] encode() {
    byte[] ofLog = log.encode();
    int sessions = rollUp.length - 1;
    int length = kind.length + 4 + sessions + Sweeper.LENGTH * sweepers.length + name.length;
    byte[] out = Arrays.copyOf(ofLog, ofLog.length + length);
    int at = ofLog.length;
    for (int seq = 1; seq < kind.length; seq++) {
      out[at++] = (byte) kind[seq].ordinal();
    }
    out[at++] = (byte) floor;
    out[at++] = (byte) kept;
    out[at++] = (byte) snapshots;
    out[at++] = (byte) wanted;
    out[at++] = (byte) stray;
    for (int s = 1; s <= sessions; s++) {
      out[at++] = (byte) (rollUp[s] | (rollUpIsThere[s] ? 16 : 0) | (rollUpIsPending[s] ? 32 : 0));
    }
    for (Sweeper sweeper : sweepers) {
      sweeper.encode(out, at);
      at += Sweeper.LENGTH;
    }
    for (int i = 0; i < name.length; i++) {
      out[at++] = (byte) (name[i] << 4 | named[i]);
    }
    return out;
  }

  static Replica decode(byte[] in, int ofLog, RetentionRules rules) {
    World log = World.decode(in, rules.log().sessions(), rules.log().seqs());
    var replica = new Replica(rules, log);
    int at = ofLog;
    for (int seq = 1; seq < replica.kind.length; seq++) {
      replica.kind[seq] = Kind.ALL[in[at++]];
    }
    replica.floor = in[at++];
    replica.kept = in[at++];
    replica.snapshots = in[at++];
    replica.wanted = in[at++];
    replica.stray = in[at++];
    for (int s = 1; s < replica.rollUp.length; s++) {
      int rollUp = in[at++];
      replica.rollUp[s] = (byte) (rollUp & 15);
      replica.rollUpIsThere[s] = (rollUp & 16) != 0;
      replica.rollUpIsPending[s] = (rollUp & 32) != 0;
    }
    for (int i = 0; i < replica.sweepers.length; i++) {
      replica.sweepers[i] = Sweeper.decode(in, at);
      at += Sweeper.LENGTH;
    }
    for (int i = 0; i < replica.name.length; i++) {
      int name = in[at++];
      replica.name[i] = (byte) (name >> 4);
      replica.named[i] = (byte) (name & 15);
    }
    return replica;
  }

  // --- text

  String text() {
    var text = new StringBuilder("kinds ");
    for (int seq = 1; seq <= log.head; seq++) {
      text.append(kind[seq].name().charAt(0));
    }
    text.append("; ");
    if (floor > 0) {
      text.append("kept ").append(seqs(kept)).append(" and ").append(floor).append("+; ");
    }
    if (snapshots != 0) {
      text.append("snapshots ").append(seqs(snapshots)).append("; ");
    }
    for (int s = 1; s < rollUp.length; s++) {
      if (rollUp[s] != 0) {
        text.append("roll-up ").append(World.name(s)).append(rollUp[s]);
        text.append(rollUpIsThere[s] ? "" : " gone").append("; ");
      }
    }
    for (int i = 0; i < sweepers.length; i++) {
      if (!sweepers[i].is(Sweeper.RESTS)) {
        text.append('S').append(i + 1).append(' ').append(sweepers[i].text()).append("; ");
      }
    }
    for (int i = 0; i < name.length; i++) {
      if (name[i] != NO_NAME) {
        text.append("name ").append(named[i]);
        text.append(List.of("", " creating", " held", " refused", " intended").get(name[i]));
        text.append("; ");
      }
    }
    if (wanted + stray > 0) {
      text.append("reader ").append(stray > 0 ? "met a stray at " : "wants ");
      text.append(wanted + stray).append("; ");
    }
    return text + log.text();
  }
}
