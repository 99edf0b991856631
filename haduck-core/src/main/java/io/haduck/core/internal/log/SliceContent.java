package io.haduck.core.internal.log;

import org.jspecify.annotations.Nullable;

/** What the bytes of a slice must be once they are decompressed: proven by their hash. */
public sealed interface SliceContent {
  /** Returns how many bytes it has. */
  int length();

  /** Returns what it is, for errors, such as "block 7". */
  String name();

  /**
   * Returns what was expected and what was found; null if it is as expected.
   *
   * @param raw holds the bytes
   * @param offset where in {@code raw} they begin
   */
  @Nullable String difference(byte[] raw, int offset);

  /**
   * A block of a database.
   *
   * @param length the block size, in bytes
   */
  record Block(int blockId, BlockHash hash, int length) implements SliceContent {
    @Override
    public String name() {
      return "block " + blockId;
    }

    @Override
    public @Nullable String difference(byte[] raw, int offset) {
      BlockHash found = BlockHash.of(raw, offset, length);
      return found.equals(hash) ? null : "expected hash " + hash + ", found " + found;
    }
  }

  /**
   * A piece of a write-ahead log's stream.
   *
   * @param streamOffset where in the stream it begins, in bytes
   * @param length in bytes
   * @param sha256 of them
   */
  record Wal(long streamOffset, int length, Digest sha256) implements SliceContent {
    @Override
    public String name() {
      return "WAL from " + streamOffset + " on";
    }

    @Override
    public @Nullable String difference(byte[] raw, int offset) {
      Digest found = Digest.sha256(raw, offset, length);
      return found.equals(sha256) ? null : "expected SHA-256 " + sha256 + ", found " + found;
    }
  }
}
