package io.haduck.core.internal.log;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.haduck.core.CorruptDataException;
import io.haduck.core.InvalidConfigurationException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Compresses blocks and WAL pieces, each by itself: zstd, kept raw when that is no smaller. Safe
 * for any number of threads; native contexts are pooled, and freed by {@link #close()}, which must
 * come after the last call.
 */
public final class BlockCompression implements AutoCloseable {
  /** The level of zstd where nobody has a reason for another. */
  public static final int USUAL_LEVEL = 1;

  /** In place of a level: nothing is compressed. */
  public static final int RAW = Integer.MIN_VALUE;

  private final ConcurrentLinkedQueue<ZstdCompressCtx> compressors = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<ZstdDecompressCtx> decompressors =
      new ConcurrentLinkedQueue<>();

  /**
   * Makes one.
   *
   * @throws InvalidConfigurationException if zstd's native library cannot be loaded
   */
  public BlockCompression() {
    ZstdLibrary.require();
  }

  /** Compresses a part of an array, which may be reused afterwards, at the usual level. */
  public StoredBytes compress(byte[] raw, int offset, int length) {
    return compress(raw, offset, length, USUAL_LEVEL);
  }

  /**
   * Compresses a part of an array, which may be reused afterwards.
   *
   * @param level of zstd, negative ones too, or {@link #RAW}
   */
  public StoredBytes compress(byte[] raw, int offset, int length, int level) {
    StoredBytes stored = compress(raw, offset, length, level, new byte[roomFor(length)]);
    byte[] bytes =
        stored.compressed() ? stored.bytes() : Arrays.copyOfRange(raw, offset, offset + length);
    return new StoredBytes(bytes, 0, bytes.length, stored.compressed());
  }

  /**
   * Compresses a part of an array. The result lies in one of the two arrays, and holds as long as
   * neither changes.
   *
   * @param level of zstd, negative ones too, or {@link #RAW}
   * @param room at least {@link #roomFor} the length
   */
  public StoredBytes compress(byte[] raw, int offset, int length, int level, byte[] room) {
    int size = level == RAW ? length : frame(raw, offset, length, level, room);
    return size < length
        ? new StoredBytes(room, 0, size, true)
        : new StoredBytes(raw, offset, length, false);
  }

  /**
   * Returns how much room compressing so many bytes may take. If there were less, zstd would say so
   * by an exception where bytes cannot be shortened, and that costs as much as compressing.
   */
  public static int roomFor(int length) {
    return Math.toIntExact(Zstd.compressBound(length));
  }

  /**
   * Decompresses exactly {@code length} bytes.
   *
   * @throws CorruptDataException if the bytes are no zstd frame of so many bytes; the message says
   *     only that, the caller adds where
   */
  public void decompress(
      byte[] stored, int storedOffset, int storedLength, byte[] raw, int offset, int length) {
    ZstdDecompressCtx context = decompressors.poll();
    if (context == null) {
      context = new ZstdDecompressCtx();
    }
    int found;
    try {
      found = context.decompressByteArray(raw, offset, length, stored, storedOffset, storedLength);
    } catch (ZstdException e) {
      throw new CorruptDataException(
          "expected a zstd frame of " + length + " bytes: " + e.getMessage(), e);
    } finally {
      decompressors.add(context);
    }
    if (found != length) {
      throw new CorruptDataException(
          "expected a zstd frame of " + length + " bytes, found one of " + found);
    }
  }

  @Override
  public void close() {
    for (var context = compressors.poll(); context != null; context = compressors.poll()) {
      context.close();
    }
    for (var context = decompressors.poll(); context != null; context = decompressors.poll()) {
      context.close();
    }
  }

  /** Returns the frame's length; that of the bytes if there is none. */
  private int frame(byte[] raw, int offset, int length, int level, byte[] room) {
    ZstdCompressCtx polled = compressors.poll();
    ZstdCompressCtx context = polled == null ? new ZstdCompressCtx() : polled;
    try {
      context.setLevel(level);
      return context.compressByteArray(room, 0, room.length, raw, offset, length);
    } catch (ZstdException e) {
      return length; // raw is always right
    } finally {
      compressors.add(context);
    }
  }
}
