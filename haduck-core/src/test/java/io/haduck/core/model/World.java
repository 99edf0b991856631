package io.haduck.core.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One state of the log, of those who write to it, and of one who follows. Sessions are numbered
 * from 1; a changeset is known by its seq and its session, which never makes two for one seq. So a
 * session's number at a seq stands for a digest.
 */
final class World {
  /** In a code of {@link #sent}: not an EPOCH or BASE. */
  private static final int DATA = 8;

  private final int sessions;
  private final int seqs;

  /** The highest seq that was ever created; its key is never swept. */
  int head;

  /** Whose changeset lies at each seq; 0 if none. */
  final byte[] key;

  /** Whose changeset was created at each seq when that was the head. */
  final byte[] history;

  /** How many ticks ago the key was created. */
  final byte[] keyAge;

  /** By session and seq, the PUTs that were sent and may land: 1 + parent, and the kind. */
  final byte[][] sent;

  final Phase[] phase;

  /** The seq at which each session believes the log to end. */
  final byte[] at;

  /** Whose changeset it believes to be there. */
  final byte[] owner;

  /** Whether the PUT that it waits for was created by the store. */
  final boolean[] landed;

  /** Whether the confirmation was young enough for this PUT. */
  final boolean[] fresh;

  /** How many ticks ago the log was confirmed. */
  final byte[] age;

  /** How many ticks ago the PUT landed. */
  final byte[] stamp;

  /** 0 if the follower knows nothing, 1 if it has listed, 2 if it follows. */
  int follower;

  /** The seq that it believes. */
  int followed;

  /** The seq that it has read, or listed. */
  int read;

  /** Whose changeset it has read there. */
  int readOwner;

  int followerAge;

  /** Whether it went on from one changeset to another that does not follow it. */
  boolean torn;

  @Nullable Breach breach;

  World(int sessions, int seqs) {
    this.sessions = sessions;
    this.seqs = seqs;
    key = new byte[seqs + 1];
    history = new byte[seqs + 1];
    keyAge = new byte[seqs + 1];
    sent = new byte[sessions + 1][seqs + 1];
    phase = new Phase[sessions + 1];
    Arrays.fill(phase, Phase.IDLE);
    at = new byte[sessions + 1];
    owner = new byte[sessions + 1];
    landed = new boolean[sessions + 1];
    fresh = new boolean[sessions + 1];
    age = new byte[sessions + 1];
    stamp = new byte[sessions + 1];
  }

  // --- changesets

  void sendOpening(int session, int seq, int parent) {
    sent[session][seq] = (byte) (1 + parent);
  }

  void sendData(int session, int seq, int parent) {
    sent[session][seq] = (byte) (1 + parent + DATA);
  }

  /** Makes a session's changeset the head, as if its PUT had never been late. */
  void land(int session, int seq) {
    key[seq] = (byte) session;
    history[seq] = (byte) session;
    head = seq;
  }

  boolean isSent(int session, int seq) {
    return sent[session][seq] != 0;
  }

  boolean isData(int session, int seq) {
    return (sent[session][seq] & DATA) != 0;
  }

  /** Returns whose changeset at the seq before is the parent of this one; 0 for a BASE. */
  int parent(int session, int seq) {
    return (sent[session][seq] & (DATA - 1)) - 1;
  }

  boolean isEpoch(int session, int seq) {
    return isSent(session, seq) && !isData(session, seq) && parent(session, seq) != 0;
  }

  /** Returns whether a session can append, or none more can come, or the log is full. */
  boolean hasWriterOrNoRoom() {
    boolean idle = false;
    for (int s = 1; s <= sessions; s++) {
      if (phase[s] == Phase.WRITING && at[s] == head) {
        return true;
      }
      idle |= phase[s] == Phase.IDLE;
    }
    return !idle || head == seqs;
  }

  /** Returns whether the follower believes all that there is. */
  boolean hasFollowed() {
    return followed == head;
  }

  // --- bytes, half of one for each number

  @SuppressWarnings("EnumOrdinal") // no state outlives a run
  byte[] encode() {
    var out = new Nibbles(new byte[(3 * seqs + sessions * (seqs + 5) + 7) / 2 + 1]);
    out.put(head);
    for (int seq = 1; seq <= seqs; seq++) {
      out.put(key[seq]);
      out.put(history[seq]);
      out.put(keyAge[seq]);
    }
    for (int s = 1; s <= sessions; s++) {
      for (int seq = 1; seq <= seqs; seq++) {
        out.put(sent[s][seq]);
      }
      out.put(phase[s].ordinal());
      out.put(at[s]);
      out.put(owner[s]);
      out.put(4 * age[s] + (landed[s] ? 2 : 0) + (fresh[s] ? 1 : 0));
      out.put(stamp[s]);
    }
    out.put(torn ? 4 + follower : follower);
    out.put(followed);
    out.put(read);
    out.put(readOwner);
    out.put(followerAge);
    out.put(breach == null ? 0 : 1 + breach.ordinal());
    return out.bytes();
  }

  @SuppressWarnings("EnumOrdinal") // no state outlives a run
  static World decode(byte[] bytes, int sessions, int seqs) {
    var world = new World(sessions, seqs);
    var in = new Nibbles(bytes);
    world.head = in.next();
    for (int seq = 1; seq <= seqs; seq++) {
      world.key[seq] = (byte) in.next();
      world.history[seq] = (byte) in.next();
      world.keyAge[seq] = (byte) in.next();
    }
    for (int s = 1; s <= sessions; s++) {
      for (int seq = 1; seq <= seqs; seq++) {
        world.sent[s][seq] = (byte) in.next();
      }
      world.phase[s] = Phase.ALL[in.next()];
      world.at[s] = (byte) in.next();
      world.owner[s] = (byte) in.next();
      int ageAndFlags = in.next();
      world.age[s] = (byte) (ageAndFlags >> 2);
      world.landed[s] = (ageAndFlags & 2) != 0;
      world.fresh[s] = (ageAndFlags & 1) != 0;
      world.stamp[s] = (byte) in.next();
    }
    int followerAndTorn = in.next();
    world.follower = followerAndTorn & 3;
    world.torn = followerAndTorn > 3;
    world.followed = in.next();
    world.read = in.next();
    world.readOwner = in.next();
    world.followerAge = in.next();
    int breach = in.next();
    world.breach = breach == 0 ? null : Breach.values()[breach - 1];
    return world;
  }

  // --- text

  /** The log, such as {@code 1:A 2:B! 3:-}: an exclamation mark means EPOCH or BASE. */
  String text() {
    var text = new StringBuilder("log");
    for (int seq = 1; seq <= head; seq++) {
      text.append(' ').append(seq).append(':').append(changeset(key[seq], seq));
    }
    text.append(head == 0 ? " empty" : "");
    for (int seq = 1; seq <= head; seq++) {
      if (key[seq] != history[seq]) {
        text.append(", was ").append(seq).append(':').append(changeset(history[seq], seq));
      }
    }
    for (int s = 1; s <= sessions; s++) {
      if (phase[s] != Phase.IDLE) {
        text.append("; ").append(name(s)).append(' ').append(phase[s]).append(' ').append(at[s]);
      }
    }
    if (follower > 0) {
      text.append("; follower ").append(followed);
      text.append(read == followed ? "" : " (read " + read + ")");
    }
    return breach == null ? text.toString() : text + " => " + breach;
  }

  private String changeset(int session, int seq) {
    return session == 0 ? "-" : name(session) + (isData(session, seq) ? "" : "!");
  }

  static String name(int session) {
    return session == 0 ? "nobody" : String.valueOf((char) ('A' + session - 1));
  }
}
