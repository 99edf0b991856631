package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;

/**
 * A write-ahead log without the entries that make and drop indexes: DuckDB 1.4 and 1.5 do not open
 * a database read-only whose log has them. Entries are framed and summed up each by itself, so the
 * others stay as they are, byte for byte; the rows that they bring are the same.
 */
public final class IndexlessWal {
  private static final int CREATE_INDEX = 23;
  private static final int DROP_INDEX = 24;
  private static final int FRAME_BYTES = 16;
  private static final int COPIED_AT_ONCE = 1 << 20;

  private final SeekableByteChannel stream;

  /** Where the log without these entries goes. */
  @FunctionalInterface
  public interface Sink {
    /** Takes the next bytes, all that remain in the buffer. */
    void write(ByteBuffer bytes) throws IOException;
  }

  /**
   * Of a whole log.
   *
   * @param stream as DuckDB writes it, from its version record on
   */
  public IndexlessWal(SeekableByteChannel stream) {
    this.stream = stream;
  }

  /**
   * Copies what follows a place.
   *
   * @param from where an entry begins, or 0 for the log's beginning
   * @return where the last whole entry ends
   * @throws CorruptDataException if the log does not begin with a version record
   */
  public long copy(long from, Sink sink) throws IOException {
    long at = from == 0 ? version(sink) : from;
    long size = stream.size();
    while (size - at >= FRAME_BYTES) {
      byte[] head = read(at, (int) Math.min(size - at, FRAME_BYTES + WalEntries.HEAD_BYTES));
      long length = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong();
      if (length < WalEntries.SHORTEST || length > size - at - FRAME_BYTES) {
        return at;
      }
      int known = (int) Math.min(length, head.length - FRAME_BYTES);
      byte[] entry = Arrays.copyOfRange(head, FRAME_BYTES, FRAME_BYTES + known);
      int type = WalEntries.type(entry, known);
      if (type != CREATE_INDEX && type != DROP_INDEX) {
        copyAll(at, FRAME_BYTES + length, sink);
      }
      at += FRAME_BYTES + length;
    }
    return at;
  }

  private long version(Sink sink) throws IOException {
    byte[] head = read(0, (int) Math.min(stream.size(), WalVersion.LONGEST));
    WalVersion version =
        WalVersion.parse(head, head.length)
            .orElseThrow(() -> new CorruptDataException("a write-ahead log without its version"));
    sink.write(ByteBuffer.wrap(head, 0, version.bytes()));
    return version.bytes();
  }

  private void copyAll(long from, long length, Sink sink) throws IOException {
    for (long done = 0; done < length; ) {
      byte[] part = read(from + done, (int) Math.min(COPIED_AT_ONCE, length - done));
      done += part.length;
      sink.write(ByteBuffer.wrap(part));
    }
  }

  private byte[] read(long from, int length) throws IOException {
    byte[] read = new byte[length];
    ByteBuffer bytes = ByteBuffer.wrap(read);
    stream.position(from);
    while (bytes.hasRemaining() && stream.read(bytes) > 0) {
      // until it is full
    }
    if (bytes.hasRemaining()) {
      throw new IOException("the write-ahead log was cut off while it was read");
    }
    return read;
  }
}
