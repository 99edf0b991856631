package io.haduck.core.follower;

import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * The small file beside a copy that says what the copy is. Two places in it are written in turn,
 * each with a number that grows and a checksum, so that what was noted last but one is still there
 * while the last is written. Each note is synced before anything else is done. For one thread.
 */
final class CopyJournal {
  private static final long MAGIC = 0x6861_6475_636b_6301L;
  private static final int STAMPED = 1;
  private static final int GIVEN_AWAY = 2;
  private static final int KEPT = 4;
  private static final int PLACE_BYTES = 64 << 10;

  /** Stretches of blocks that fit into a place; more are noted as all blocks. */
  private static final int MOST_STRETCHES = 7000;

  private final Path file;
  private long number;

  CopyJournal(Path file) {
    this.file = file;
  }

  /** Returns what was noted last; empty if nothing was, or it cannot be read. */
  Optional<CopyCondition> read() throws IOException {
    CopyCondition newest = null;
    number = 0;
    try (FileChannel channel = open()) {
      for (int place = 0; place < 2; place++) {
        byte[] stored = new byte[PLACE_BYTES];
        ByteBuffer bytes = ByteBuffer.wrap(stored);
        long at = (long) place * PLACE_BYTES;
        while (bytes.hasRemaining() && channel.read(bytes, at + bytes.position()) > 0) {
          // until it is full, or the file ends
        }
        bytes.flip();
        long found = numberOf(bytes);
        if (found > number) {
          CopyCondition condition = parse(stored, bytes);
          if (condition != null) {
            number = found;
            newest = condition;
          }
        }
      }
    }
    return Optional.ofNullable(newest);
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static long numberOf(ByteBuffer bytes) {
    return bytes.limit() < 20 || bytes.getLong(0) != MAGIC ? 0 : bytes.getLong(8);
  }

  private static @Nullable CopyCondition parse(byte[] all, ByteBuffer bytes) {
    int length = bytes.getInt(16);
    if (length < 20 || length > bytes.limit() - Digest.LENGTH) {
      return null;
    }
    String expected = HexFormat.of().formatHex(all, length, length + Digest.LENGTH);
    if (!Digest.sha256(all, 0, length).hex().equals(expected)) {
      return null;
    }
    try {
      return content(bytes.position(20).limit(length));
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      return null;
    }
  }

  private static CopyCondition content(ByteBuffer in) {
    UUID lineage = new UUID(in.getLong(), in.getLong());
    long seq = in.getLong();
    var digest = new Digest(in.getLong(), in.getLong(), in.getLong(), in.getLong());
    byte flags = in.get();
    FileStamp stamp = (flags & STAMPED) == 0 ? null : KeptState.getStamp(in);
    int stretches = in.getInt();
    RoaringBitmap touched = stretches < 0 ? null : new RoaringBitmap();
    for (int i = 0; i < stretches && touched != null; i++) {
      long from = in.getInt();
      touched.add(from, from + in.getInt());
    }
    KeptState kept = (flags & KEPT) == 0 ? null : KeptState.read(in);
    return new CopyCondition(
        lineage, new LogPosition(seq, digest), stamp, touched, (flags & GIVEN_AWAY) != 0, kept);
  }

  /** Notes a condition; it is on the disk when this returns. */
  void write(CopyCondition condition) throws IOException {
    byte[] place = new byte[PLACE_BYTES];
    ByteBuffer out = ByteBuffer.wrap(place);
    out.putLong(MAGIC).putLong(number + 1).putInt(0);
    out.putLong(condition.lineage().getMostSignificantBits())
        .putLong(condition.lineage().getLeastSignificantBits())
        .putLong(condition.position().seq());
    Digest digest = condition.position().digest();
    out.putLong(digest.a()).putLong(digest.b()).putLong(digest.c()).putLong(digest.d());
    FileStamp stamp = condition.stamp();
    KeptState kept = condition.kept();
    boolean keeps = kept != null && kept.fits();
    out.put(
        (byte)
            ((stamp == null ? 0 : STAMPED)
                | (condition.givenAway() ? GIVEN_AWAY : 0)
                | (keeps ? KEPT : 0)));
    if (stamp != null) {
      KeptState.putStamp(out, stamp);
    }
    putStretches(out, condition.touched());
    if (kept != null && keeps) {
      kept.write(out);
    }
    out.putInt(16, out.position());
    out.put(HexFormat.of().parseHex(Digest.sha256(place, 0, out.position()).hex()));
    out.flip();
    long at = (number + 1) % 2 * PLACE_BYTES;
    try (FileChannel channel = open()) {
      while (out.hasRemaining()) {
        channel.write(out, at + out.position());
      }
      channel.force(true);
    }
    number++;
  }

  private static void putStretches(ByteBuffer out, @Nullable RoaringBitmap touched) {
    int countAt = out.position();
    out.putInt(-1);
    if (touched == null) {
      return;
    }
    int stretches = 0;
    for (long from = touched.nextValue(0); from >= 0; stretches++) {
      if (stretches == MOST_STRETCHES) {
        out.position(countAt + Integer.BYTES);
        return;
      }
      long end = touched.nextAbsentValue((int) from);
      out.putInt((int) from).putInt((int) (end - from));
      from = end > Integer.MAX_VALUE ? -1 : touched.nextValue((int) end);
    }
    out.putInt(countAt, stretches);
  }
}
