package io.haduck.core.internal.duckdb;

import io.haduck.core.UnsupportedDatabaseException;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The lock that DuckDB takes on its database file, taken by us, so that no process has a database
 * open while it is replaced.
 *
 * <p><b>The trap.</b> A process loses all its POSIX locks on a file when it closes any descriptor
 * of it or releases a lock, DuckDB's too. So a lock is taken and closed only while no DuckDB <em>in
 * this JVM</em> has the file open, and <b>the caller sees to that</b>: connections are closed, new
 * ones are held back from before {@link #acquire} until {@link #close} has returned, and DuckDB
 * opens the file only after that. Where the system tells (Linux), a file that this process has open
 * is refused; elsewhere nothing but the caller's care prevents it.
 *
 * <p>Thread-safe.
 */
public final class DatabaseFileLock implements AutoCloseable {
  private final Path path;
  private final FileIdentity identity;
  private final AsynchronousFileChannel channel;

  private DatabaseFileLock(Path path, FileIdentity identity, AsynchronousFileChannel channel) {
    this.path = path;
    this.identity = identity;
    this.channel = channel;
  }

  /**
   * Locks an existing database file. Does not wait.
   *
   * @throws DatabaseInUseException if this process has it open besides haduck's own channel, or
   *     another process has locked it
   * @throws NoSuchFileException if there is no file, and so nothing to lock
   * @throws IOException if it cannot be opened for writing or locked
   * @throws UnsupportedDatabaseException on Windows
   */
  public static DatabaseFileLock acquire(Path path) throws IOException {
    DatabaseFiles.requireReadable(System.getProperty("os.name", ""));
    FileIdentity identity = FileIdentity.of(path);
    requireNotOpenHere(path, identity);
    // not a FileChannel: an interrupt would close that one, and with it the lock
    AsynchronousFileChannel channel = DatabaseFiles.openForLock(path, identity);
    boolean closable = false;
    try {
      requireNotOpenHere(path, identity);
      if (!FileIdentity.of(path).equals(identity)) {
        throw new DatabaseInUseException(path + ": replaced while it was being locked. Try again");
      }
      closable = true;
      if (tryLock(channel) == null) {
        throw new DatabaseInUseException(
            path + ": another process has this database open. Close it there and try again");
      }
      closable = false;
      requireNotOpenHere(path, identity);
      return new DatabaseFileLock(path, identity, channel);
    } catch (IOException | RuntimeException e) {
      if (closable) {
        DatabaseFiles.closeLock(channel, identity);
      } else {
        // a DuckDB of this JVM may have the file open by now: closing would take its lock away
        DatabaseFiles.neverClose(channel);
      }
      throw e;
    }
  }

  private static @Nullable FileLock tryLock(AsynchronousFileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldByOtherCodeInThisJvm) {
      return null;
    }
  }

  private static void requireNotOpenHere(Path path, FileIdentity identity) throws IOException {
    OptionalInt open = DatabaseFiles.foreignDescriptors(identity);
    if (open.orElse(0) > 0) {
      throw new DatabaseInUseException(
          path
              + ": this process has the database open ("
              + open.getAsInt()
              + " descriptors). Close its connections (one that jdbc_pin_db keeps: DuckDBDriver.releaseDB) and try again");
    }
  }

  /** For who writes to the file that is locked; never closed by him. */
  AsynchronousFileChannel channel() {
    return channel;
  }

  /** The path that was locked. */
  public Path path() {
    return path;
  }

  /** The file that is locked; its path names another one after it was replaced. */
  public FileIdentity fileKey() {
    return identity;
  }

  /**
   * Releases the lock and closes its channel; calling it again does nothing. No DuckDB in this JVM
   * may have opened the locked file since {@link #acquire}.
   */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      DatabaseFiles.closeLock(channel, identity);
    }
  }

  @Override
  public String toString() {
    return "lock on " + path;
  }
}
