package io.haduck.core.internal.fetch;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.WalPiece;
import io.haduck.core.internal.log.WalRun;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Turns the stored bytes of pieces of a write-ahead log into the bytes of its stream, and proves
 * each piece: length, CRC32C, zstd frame, SHA-256. Safe for any number of threads.
 */
public final class WalPieces {
  private final BlockCompression compression;

  public WalPieces(BlockCompression compression) {
    this.compression = compression;
  }

  /** A run and where it is. */
  public record Wanted(WalRun run) implements ObjectPart {
    @Override
    public String objectKey() {
      return run.objectKey();
    }

    @Override
    public long offset() {
      return run.offset();
    }

    @Override
    public int storedLength() {
      return run.piece().storedLength();
    }

    @Override
    public int rawLength() {
      return run.piece().length();
    }
  }

  /**
   * The raw bytes of a run's whole piece, of which the first {@link WalRun#usedLength()} count.
   *
   * @param stored holds the stored bytes
   * @param offset where in {@code stored} they begin
   * @throws CorruptDataException if they are not that piece; names object and offset
   */
  public byte[] read(WalRun run, byte[] stored, int offset) {
    WalPiece piece = run.piece();
    int length = piece.storedLength();
    if (length > stored.length - offset) {
      throw corrupt(run, "found " + (stored.length - offset) + " bytes", null);
    }
    int crc32c = BlockCompression.crc32c(stored, offset, length);
    if (crc32c != piece.crc32c()) {
      throw corrupt(
          run,
          "expected CRC32C "
              + Integer.toHexString(piece.crc32c())
              + ", found "
              + Integer.toHexString(crc32c),
          null);
    }
    byte[] raw;
    if (piece.compressed()) {
      raw = new byte[piece.length()];
      try {
        compression.decompress(stored, offset, length, raw, 0, raw.length);
      } catch (CorruptDataException e) {
        throw corrupt(run, String.valueOf(e.getMessage()), e);
      }
    } else {
      raw = Arrays.copyOfRange(stored, offset, offset + length);
    }
    Digest found = Digest.sha256(raw);
    if (!found.equals(piece.sha256())) {
      throw corrupt(run, "expected SHA-256 " + piece.sha256() + ", found " + found, null);
    }
    return raw;
  }

  private static CorruptDataException corrupt(
      WalRun run, String problem, @Nullable Throwable cause) {
    return new CorruptDataException(
        run.objectKey()
            + " at offset "
            + run.offset()
            + ", WAL from "
            + run.streamOffset()
            + " on in "
            + run.piece().storedLength()
            + " bytes: "
            + problem
            + "; the object is damaged: restore an undamaged version of it, or restore to a seq that does"
            + " not need it",
        cause);
  }
}
