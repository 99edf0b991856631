package io.haduck.core.follower;

import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.log.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is noted of a whole copy so that it can be shown while its replica does not answer: without
 * the log nobody could tell what it is.
 *
 * @param replica that it is a copy of, without secrets
 * @param replay how much of the write-ahead log lies beside it
 * @param wal the file of that log as it was written; null if there is none
 * @param shown what readers see of it
 * @param currentMillis when that was known to be all that there is, since 1970 by the wall clock
 */
record KeptState(
    String replica,
    WalReplay replay,
    @Nullable FileStamp wal,
    FollowedPosition shown,
    long currentMillis) {
  /** Longer names are not noted. */
  private static final int MOST_NAME_BYTES = 4000;

  /** Whether it can be noted at all. */
  boolean fits() {
    return replica.getBytes(StandardCharsets.UTF_8).length <= MOST_NAME_BYTES;
  }

  void write(ByteBuffer out) {
    byte[] name = replica.getBytes(StandardCharsets.UTF_8);
    out.putShort((short) name.length).put(name).put(code(replay));
    out.put((byte) (wal == null ? 0 : 1));
    if (wal != null) {
      putStamp(out, wal);
    }
    putUuid(out, shown.lineage());
    out.putLong(shown.epoch());
    putUuid(out, shown.writer());
    out.putLong(shown.seq());
    Digest digest = Digest.ofHex(shown.digest());
    out.putLong(digest.a()).putLong(digest.b()).putLong(digest.c()).putLong(digest.d());
    out.putLong(shown.iteration()).putLong(shown.walOffset());
    out.putLong(ChronoUnit.MICROS.between(Instant.EPOCH, shown.time()));
    out.putLong(currentMillis);
  }

  /**
   * Reads what {@link #write} has written.
   *
   * @throws IllegalArgumentException if it is something else
   */
  static KeptState read(ByteBuffer in) {
    int length = in.getShort();
    if (length < 0 || length > MOST_NAME_BYTES) {
      throw new IllegalArgumentException("a name of " + length + " bytes");
    }
    byte[] name = new byte[length];
    in.get(name);
    WalReplay replay = replayOf(in.get());
    FileStamp wal = in.get() == 0 ? null : getStamp(in);
    UUID lineage = getUuid(in);
    long epoch = in.getLong();
    UUID writer = getUuid(in);
    long seq = in.getLong();
    var digest = new Digest(in.getLong(), in.getLong(), in.getLong(), in.getLong());
    long iteration = in.getLong();
    long walOffset = in.getLong();
    Instant time = Instant.EPOCH.plus(in.getLong(), ChronoUnit.MICROS);
    var shown =
        new FollowedPosition(lineage, epoch, writer, seq, digest.hex(), iteration, walOffset, time);
    return new KeptState(
        new String(name, StandardCharsets.UTF_8), replay, wal, shown, in.getLong());
  }

  private static byte code(WalReplay replay) {
    return switch (replay) {
      case WHOLE -> 0;
      case WITHOUT_INDEXES -> 1;
      case NONE -> 2;
    };
  }

  private static WalReplay replayOf(byte code) {
    return switch (code) {
      case 0 -> WalReplay.WHOLE;
      case 1 -> WalReplay.WITHOUT_INDEXES;
      case 2 -> WalReplay.NONE;
      default -> throw new IllegalArgumentException("replay " + code);
    };
  }

  static void putStamp(ByteBuffer out, FileStamp stamp) {
    out.putLong(stamp.device())
        .putLong(stamp.inode())
        .putLong(stamp.size())
        .putLong(stamp.mtimeNanos());
  }

  static FileStamp getStamp(ByteBuffer in) {
    return new FileStamp(in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  private static void putUuid(ByteBuffer out, UUID id) {
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  private static UUID getUuid(ByteBuffer in) {
    return new UUID(in.getLong(), in.getLong());
  }
}
