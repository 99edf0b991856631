package io.haduck.core.internal.log;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.haduck.core.CorruptDataException;
import io.haduck.core.InvalidConfigurationException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Compresses blocks and WAL pieces, each by itself: zstd, level 1, kept raw when that is no
 * smaller. Safe for any number of threads; native contexts are pooled, and freed by {@link
 * #close()}, which must come after the last call.
 */
public final class BlockCompression implements AutoCloseable {
  private static final int LEVEL = 1;

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

  /** The CRC32C of a part of an array. */
  public static int crc32c(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }

  /** Compresses a part of an array, which may be reused afterwards. */
  public StoredBytes compress(byte[] raw, int offset, int length) {
    byte[] stored = smaller(raw, offset, length);
    boolean compressed = stored != null;
    if (stored == null) {
      stored = Arrays.copyOfRange(raw, offset, offset + length);
    }
    return new StoredBytes(stored, crc32c(stored, 0, stored.length), compressed);
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

  /** The frame, if it is smaller than what is in it; else null. */
  private byte @Nullable [] smaller(byte[] raw, int offset, int length) {
    ZstdCompressCtx context = compressors.poll();
    if (context == null) {
      context = new ZstdCompressCtx().setLevel(LEVEL);
    }
    try {
      // A frame that does not fit into one byte less is not wanted.
      byte[] frame = new byte[Math.max(length - 1, 0)];
      int size = context.compressByteArray(frame, 0, frame.length, raw, offset, length);
      return Arrays.copyOf(frame, size);
    } catch (ZstdException e) {
      return null;
    } finally {
      compressors.add(context);
    }
  }
}
