package io.haduck.core.internal.duckdb;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A DuckDB database file, open for reading: the only safe way to read one.
 *
 * <p>DuckDB guards its file with a POSIX lock, and a process loses its locks on a file as soon as
 * it closes <em>any</em> descriptor of it; a second process could then write to the database. So
 * there is one channel per file and JVM, however often it is opened here, and it has no {@code
 * close()}: it is closed only once nobody reads it any more ({@link DatabaseFiles#letGo}), or the
 * file is deleted, and no other descriptor of this process is left on it. Never read a database
 * file by other means ({@code Files.copy}, streams, {@code FileChannel}): they close, and a {@code
 * FileChannel} closes by itself when its thread is interrupted.
 *
 * <p>Thread-safe. Reads wait uninterruptibly and keep the interrupt flag; none of them can be
 * cancelled.
 */
public final class DatabaseFile {
  private static final int TRANSFER_BYTES = 1 << 20;
  private static final int KEPT_TRANSFER_BUFFERS = 4;

  /**
   * Direct buffers of our own: allocated by the caller, so that running out of them fails the
   * caller's read.
   */
  private static final BlockingQueue<ByteBuffer> TRANSFER_BUFFERS =
      new ArrayBlockingQueue<>(KEPT_TRANSFER_BUFFERS);

  private final FileIdentity identity;
  private final AsynchronousFileChannel channel;
  private volatile Path path;

  DatabaseFile(FileIdentity identity, AsynchronousFileChannel channel, Path path) {
    this.identity = identity;
    this.channel = channel;
    this.path = path;
  }

  /**
   * A path by which the file was opened: the same one as long as it names the file and its reader
   * has not let it go. The file may have been renamed since.
   */
  public Path path() {
    return path;
  }

  /** Equal for equal files: device and inode. */
  public FileIdentity fileKey() {
    return identity;
  }

  /** The file's inode number. */
  public long inode() {
    return identity.inode();
  }

  /**
   * Length of the file in bytes, which says nothing about its content: DuckDB may have reserved
   * more, and blocks at the end that are free may have been cut off. It is that of this file,
   * whatever its path names by now.
   */
  public long size() throws IOException {
    return channel.size();
  }

  /**
   * Whether {@link #path()} still names this file: it may have been deleted, renamed or replaced.
   */
  public boolean isAtPath() throws IOException {
    try {
      return FileIdentity.of(path).equals(identity);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Reads exactly {@code length} bytes.
   *
   * @param position in the file, in bytes
   * @throws EOFException if the file ends before; what was read until there is in {@code
   *     destination}
   * @throws IOException if reading fails
   */
  public void read(long position, byte[] destination, int offset, int length) throws IOException {
    int read = readUpTo(position, destination, offset, length);
    if (read < length) {
      throw new EOFException(
          path + ": expected " + length + " bytes at position " + position + ", found " + read);
    }
  }

  /**
   * Reads {@code length} bytes, fewer only where the file ends.
   *
   * @return bytes read, 0 at or behind the end of the file
   * @throws IOException if reading fails
   */
  public int readUpTo(long position, byte[] destination, int offset, int length)
      throws IOException {
    Objects.checkFromIndexSize(offset, length, destination.length);
    ByteBuffer transfer = TRANSFER_BUFFERS.poll();
    if (transfer == null) {
      transfer = ByteBuffer.allocateDirect(TRANSFER_BYTES);
    }
    int done = 0;
    while (done < length) {
      transfer.clear().limit(Math.min(TRANSFER_BYTES, length - done));
      int read = readOnce(transfer, position + done);
      if (read <= 0) {
        break;
      }
      transfer.flip().get(destination, offset + done, read);
      done += read;
    }
    // not in a finally: a buffer into which a read may still be running is not used again
    TRANSFER_BUFFERS.offer(transfer);
    return done;
  }

  private int readOnce(ByteBuffer destination, long position) throws IOException {
    PendingTransfer read = new PendingTransfer();
    channel.read(destination, position, path, read);
    try {
      return read.await();
    } catch (ClosedChannelException e) {
      throw new IOException(
          path + ": haduck has let go of the file, and whoever reads it is late", e);
    } catch (IOException e) {
      throw new IOException(path + ": reading at position " + position + " failed: " + e, e);
    }
  }

  /**
   * Reads and verifies the headers; again, for about a quarter of a second, while DuckDB is writing
   * one of them.
   *
   * @throws DatabaseNotReadyException if the file is only just being created
   * @throws CorruptDataException if the headers do not verify
   * @throws UnsupportedDatabaseException if the database is encrypted or its format unknown
   * @throws IOException if reading fails
   */
  public DatabaseHeaders readHeaders() throws IOException {
    byte[] bytes = new byte[DatabaseHeaders.BYTES];
    TornRead torn = new TornRead();
    while (true) {
      int read = readUpTo(0, bytes, 0, bytes.length);
      if (read < bytes.length || isZero(bytes)) {
        if (!torn.again()) {
          throw new DatabaseNotReadyException(
              path
                  + ": expected "
                  + bytes.length
                  + " bytes of headers, found "
                  + read
                  + " and no more yet. DuckDB is creating the database, or it is none");
        }
        continue;
      }
      try {
        return DatabaseHeaders.parse(bytes);
      } catch (CorruptDataException e) {
        if (!torn.again()) {
          throw new CorruptDataException(path + ": " + e.getMessage(), e);
        }
      } catch (UnsupportedDatabaseException e) {
        throw new UnsupportedDatabaseException(path + ": " + e.getMessage(), e);
      }
    }
  }

  private static boolean isZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** For the registry alone. */
  AsynchronousFileChannel channel() {
    return channel;
  }

  void movedTo(Path newPath) {
    path = newPath;
  }

  /** For the registry alone, which knows when closing harms nobody. */
  void closeForGood() throws IOException {
    channel.close();
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
