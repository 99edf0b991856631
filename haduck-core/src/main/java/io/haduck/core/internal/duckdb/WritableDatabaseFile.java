package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A database file that nobody has open, locked as DuckDB locks it, to be written to: a copy of a
 * replica's database, made or brought up to date. What holds for {@link DatabaseFileLock} holds for
 * it: no DuckDB of this JVM may open the file before this is closed. Reading and writing are safe
 * for any thread, wait uninterruptibly and keep the interrupt flag.
 */
public final class WritableDatabaseFile implements AutoCloseable {
  private final DatabaseFileLock lock;
  private final AsynchronousFileChannel channel;

  private WritableDatabaseFile(DatabaseFileLock lock) {
    this.lock = lock;
    this.channel = lock.channel();
  }

  /**
   * Opens and locks an existing file. Does not wait.
   *
   * @throws DatabaseInUseException if this process has it open besides haduck's own channel, or
   *     another process has it locked
   * @throws IOException if it cannot be opened for writing or locked
   */
  public static WritableDatabaseFile open(Path path) throws IOException {
    return new WritableDatabaseFile(DatabaseFileLock.acquire(path));
  }

  /** Its length in bytes. */
  public long size() throws IOException {
    return channel.size();
  }

  /** Writes {@code length} bytes; the file grows where they reach beyond its end. */
  public void write(byte[] bytes, int offset, int length, long position) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
    long at = position;
    while (buffer.hasRemaining()) {
      var written = new PendingTransfer();
      channel.write(buffer, at, lock.path(), written);
      at += written.await();
    }
  }

  /**
   * Reads {@code length} bytes, fewer only where the file ends.
   *
   * @return bytes read, 0 at or behind the end of the file
   */
  public int readUpTo(long position, byte[] target, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(target, offset, length);
    while (buffer.hasRemaining()) {
      var read = new PendingTransfer();
      channel.read(buffer, position + length - buffer.remaining(), lock.path(), read);
      if (read.await() <= 0) {
        break;
      }
    }
    return length - buffer.remaining();
  }

  /** Makes the file so long: what is beyond is cut off, what is missing becomes a hole. */
  public void setLength(long length) throws IOException {
    if (channel.size() > length) {
      channel.truncate(length);
    } else if (channel.size() < length) {
      write(new byte[1], 0, 1, length - 1);
    }
  }

  /** Returns when all that was written, and the file's length, is on the disk. */
  public void sync() throws IOException {
    channel.force(true);
  }

  /** Releases the lock and closes its channel; calling it again does nothing. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
