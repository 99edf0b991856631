package io.haduck.core.internal.restoring;

import io.haduck.core.internal.duckdb.LentFile;
import io.haduck.core.internal.local.FileRights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Copies a database file, or one of its WAL files, while nobody writes to it. They are read through
 * {@link LentFile}, since closing another descriptor of a database would drop the locks on it; no
 * descriptor is left, which would keep the room of a deleted file.
 */
final class CopiedFile {
  private static final int PIECE = 1 << 20;

  private CopiedFile() {}

  /** {@link LentFile#ofDatabase} or {@link LentFile#ofWal}. */
  @FunctionalInterface
  interface Opener {
    LentFile open(Path file) throws IOException;
  }

  /**
   * Makes a copy with the rights of the file, and syncs it. Pieces of zeros become holes.
   *
   * @param copy must not exist
   */
  static void copy(Path file, Path copy, Opener opener) throws IOException {
    try (LentFile source = opener.open(file);
        FileChannel channel = FileRights.of(file).create(copy)) {
      byte[] piece = new byte[PIECE];
      byte[] zeros = new byte[PIECE];
      long length = source.size();
      for (long at = 0; at < length; ) {
        int read = source.readUpTo(at, piece, 0, PIECE);
        if (read == 0) {
          throw new IOException(file + " ended at " + at + " while it was copied");
        }
        at += read;
        if (at == length || !Arrays.equals(piece, 0, read, zeros, 0, read)) {
          write(channel, ByteBuffer.wrap(piece, 0, read), at - read);
        }
      }
      channel.force(true);
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** Whether both are there with the same bytes, or neither is. */
  static boolean isCopy(Path file, Path other, Opener opener) throws IOException {
    if (!Files.exists(file) || !Files.exists(other)) {
      return Files.exists(file) == Files.exists(other);
    }
    if (Files.size(file) != Files.size(other)) {
      return false;
    }
    try (LentFile one = opener.open(file);
        LentFile two = opener.open(other)) {
      byte[] ofOne = new byte[PIECE];
      byte[] ofTwo = new byte[PIECE];
      for (long at = 0; at < one.size(); ) {
        int read = one.readUpTo(at, ofOne, 0, PIECE);
        if (read == 0
            || two.readUpTo(at, ofTwo, 0, read) != read
            || !Arrays.equals(ofOne, 0, read, ofTwo, 0, read)) {
          return false;
        }
        at += read;
      }
      return true;
    }
  }
}
