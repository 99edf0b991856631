package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes haduck's descriptor on a database file once this process has no other on it.
 *
 * <p>Nothing keeps a DuckDB of this JVM from opening the file between the look that finds no other
 * descriptor and the close, which then takes its lock away
 * (docs/internals/duckdb-files.md#the-lock-trap). So there is a second look, after the close:
 * whoever came in between is seen by it, since he has the file open. A POSIX lock belongs to the
 * process and not to a descriptor, so haduck takes his lock again, by a new descriptor, which stays
 * open as long as he has the file open. Taking it twice does no harm, so it need not be known
 * whether it was lost. For that moment, well below a millisecond, another process can come in;
 * haduck's own cannot, since the caller holds the database's process lock. If one does, the lock
 * cannot be taken again, and that is an error in the log.
 *
 * <p>Where the system does not tell of descriptors nothing is ever closed. Called under the
 * registry's lock, one at a time.
 */
final class LastDescriptor {
  private static final Logger LOG = LoggerFactory.getLogger(LastDescriptor.class);
  private static final int ATTEMPTS = 10;

  private final FileIdentity file;
  private final Path path;
  private final Channels channels;
  private final Runnable beforeClosing;

  /** Opens channels that neither an interrupt nor a garbage collection closes. */
  interface Channels {
    /** Opens one for reading, and for writing too if that is asked for. */
    AsynchronousFileChannel open(Path path, boolean writable) throws IOException;

    /** Keeps one open for ever, since it may be on any file. */
    void keep(AsynchronousFileChannel channel);
  }

  /**
   * Of one file.
   *
   * @param path that named it last
   * @param beforeClosing called between the look and the close; for tests
   */
  LastDescriptor(FileIdentity file, Path path, Channels channels, Runnable beforeClosing) {
    this.file = file;
    this.path = path;
    this.channels = channels;
    this.beforeClosing = beforeClosing;
  }

  /**
   * Closes it, if it is the last one.
   *
   * @param ours the only channel that haduck has on the file
   * @return null if none is left open; else that one, or another that has taken its place
   */
  @Nullable AsynchronousFileChannel close(AsynchronousFileChannel ours) throws IOException {
    AsynchronousFileChannel open = ours;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<ProcessDescriptors> before = ProcessDescriptors.on(file);
      if (before.isEmpty() || before.get().open() != 1) {
        return open;
      }
      beforeClosing.run();
      open.close();
      Optional<ProcessDescriptors> after = ProcessDescriptors.on(file);
      if (after.isPresent() && after.get().open() == 0) {
        return null;
      }
      boolean writable = after.isEmpty() || after.get().writable() > 0;
      AsynchronousFileChannel next = lockAgain(writable);
      if (next == null) {
        return null;
      }
      open = next;
    }
    return open;
  }

  /** Null if the file cannot be opened, such as one that has no name any more. */
  private @Nullable AsynchronousFileChannel lockAgain(boolean writable) {
    AsynchronousFileChannel channel = null;
    boolean locked = false;
    try {
      if (isAtPath()) {
        channel = channels.open(path, writable);
        if (isAtPath()) {
          locked = isLocked(channel, writable);
        } else {
          channels.keep(channel); // on we do not know which file
          channel = null;
        }
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be opened or locked again", path, e);
    }
    if (!locked && writable && isOpenForWriting(channel)) {
      LOG.error("{}: {}", path, LOST);
    }
    return channel;
  }

  private static final String LOST =
      "opened by this process at the very moment when haduck closed it, and DuckDB's lock on it could not be taken"
          + " again: another process may have the database open too. Close it in both, and compare it with a restore";

  private static boolean isLocked(AsynchronousFileChannel channel, boolean writable)
      throws IOException {
    try {
      // as DuckDB does: alone for who writes, shared for who reads
      return channel.tryLock(0, Long.MAX_VALUE, !writable) != null;
    } catch (OverlappingFileLockException heldByOtherCodeInThisJvm) {
      return true;
    }
  }

  /** DuckDB itself closes the file again where another process has it open. */
  private boolean isOpenForWriting(@Nullable AsynchronousFileChannel ours) {
    int oursToo = ours == null ? 0 : 1;
    return ProcessDescriptors.on(file).map(found -> found.writable() > oursToo).orElse(true);
  }

  private boolean isAtPath() {
    try {
      return FileIdentity.of(path).equals(file);
    } catch (IOException e) {
      return false;
    }
  }
}
