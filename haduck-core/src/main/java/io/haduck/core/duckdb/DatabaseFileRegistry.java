package io.haduck.core.duckdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every channel that this JVM has on database files, held until closing it can harm nobody. See
 * {@link DatabaseFile} for why.
 *
 * <p>Thread-safe: one lock, {@code LOCK}, guards all of it, and is held over {@code stat} and
 * {@code open} calls only.
 */
final class DatabaseFileRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseFileRegistry.class);
  private static final int READING_THREADS = 4;
  private static final int OPEN_ATTEMPTS = 10;

  private static final Object LOCK = new Object();

  @GuardedBy("LOCK")
  private static final Map<FileIdentity, DatabaseFile> FILES = new HashMap<>();

  /** Those of {@code FILES} that nobody reads any more. */
  @GuardedBy("LOCK")
  private static final Set<FileIdentity> IDLE = new HashSet<>();

  /** Files that a {@link DatabaseFileLock} has a channel on, besides that in {@code FILES}. */
  @GuardedBy("LOCK")
  private static final Set<FileIdentity> LOCKED = new HashSet<>();

  /**
   * Channels on we do not know which file, and locks that came too late: held so that nothing
   * closes them.
   */
  @GuardedBy("LOCK")
  private static final List<AsynchronousFileChannel> NEVER_CLOSED = new ArrayList<>();

  /** Runs the reads of all files; nobody else can reach it, so nobody can interrupt or stop it. */
  private static final ExecutorService READERS = readers();

  private DatabaseFileRegistry() {}

  static DatabaseFile open(Path path) throws IOException {
    synchronized (LOCK) {
      FileIdentity wanted = FileIdentity.of(path);
      reap(wanted);
      closeIdle();
      for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        DatabaseFile known = FILES.get(wanted);
        if (known != null) {
          IDLE.remove(wanted);
          known.movedTo(path);
          return known;
        }
        if (!Files.isRegularFile(path)) {
          throw new IOException(path + ": not a file. Give the path of a DuckDB database");
        }
        AsynchronousFileChannel channel = openChannel(path, StandardOpenOption.READ);
        FileIdentity found = identityAfterOpening(path, channel);
        if (found.equals(wanted)) {
          DatabaseFile file = new DatabaseFile(wanted, channel, path);
          FILES.put(wanted, file);
          return file;
        }
        // replaced in between: the channel may be on either file, so it can only be kept
        NEVER_CLOSED.add(channel);
        wanted = found;
      }
      throw new IOException(path + ": replaced again and again while it was opened. Try again");
    }
  }

  /** See {@link DatabaseFile#createEmpty}. */
  static void createEmpty(Path path) throws IOException {
    synchronized (LOCK) {
      AsynchronousFileChannel channel =
          openChannel(
              path,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileIdentity made = identityAfterOpening(path, channel);
      if (FILES.containsKey(made)) {
        NEVER_CLOSED.add(channel); // replaced in between, by one that we know
      } else {
        FILES.put(made, new DatabaseFile(made, channel, path));
      }
    }
  }

  private static FileIdentity identityAfterOpening(Path path, AsynchronousFileChannel channel)
      throws IOException {
    try {
      return FileIdentity.of(path);
    } catch (IOException e) {
      neverClose(channel);
      throw e;
    }
  }

  /**
   * A channel whose reads run on our own daemon threads. Neither an interrupt nor a garbage
   * collection closes it.
   */
  private static AsynchronousFileChannel openChannel(Path path, OpenOption... options)
      throws IOException {
    return AsynchronousFileChannel.open(path, Set.of(options), READERS);
  }

  static void neverClose(AsynchronousFileChannel channel) {
    synchronized (LOCK) {
      NEVER_CLOSED.add(channel);
    }
  }

  /** See {@link DatabaseFile#letGo}. */
  static void letGo(Path path) {
    synchronized (LOCK) {
      if (FILES.isEmpty()) {
        return;
      }
      for (DatabaseFile file : FILES.values()) {
        if (file.path().equals(path)) {
          IDLE.add(file.fileKey());
        }
      }
      try {
        FileIdentity now = FileIdentity.of(path);
        if (FILES.containsKey(now)) {
          IDLE.add(now); // by another of its names
        }
      } catch (IOException e) {
        LOG.debug("{} names no file any more", path, e);
      }
      closeIdle();
    }
  }

  /** Closes what nobody reads and nobody else of this process has open. */
  @GuardedBy("LOCK")
  private static void closeIdle() {
    for (FileIdentity identity : List.copyOf(IDLE)) {
      DatabaseFile file = FILES.get(identity);
      if (file == null || LOCKED.contains(identity)) {
        continue;
      }
      AsynchronousFileChannel kept = null;
      try {
        kept =
            new LastDescriptor(
                    identity,
                    file.path(),
                    (path, writable) ->
                        writable
                            ? openChannel(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
                            : openChannel(path, StandardOpenOption.READ),
                    () -> {})
                .close(file.channel());
      } catch (IOException e) {
        LOG.warn("{}: closing haduck's descriptor of it failed", file, e);
      }
      if (kept == null) {
        FILES.remove(identity);
        IDLE.remove(identity);
      } else if (kept != file.channel()) {
        FILES.put(identity, new DatabaseFile(identity, kept, file.path()));
      }
    }
  }

  /** Descriptors of this process on a file that are not ours; empty where that cannot be known. */
  static OptionalInt foreignDescriptors(FileIdentity file) {
    synchronized (LOCK) {
      Optional<ProcessDescriptors> descriptors = ProcessDescriptors.on(file);
      if (descriptors.isEmpty()) {
        return OptionalInt.empty();
      }
      int ours = (FILES.containsKey(file) ? 1 : 0) + (LOCKED.contains(file) ? 1 : 0);
      return OptionalInt.of(Math.max(0, descriptors.get().open() - ours));
    }
  }

  /**
   * Opens the channel of a lock, noting that it is ours.
   *
   * @throws DatabaseInUseException if there is one already
   */
  static AsynchronousFileChannel openForLock(Path path, FileIdentity file) throws IOException {
    synchronized (LOCK) {
      closeIdle(); // one of them may have taken DuckDB's lock
      if (LOCKED.contains(file)) {
        throw new DatabaseInUseException(path + ": haduck is replacing this file already");
      }
      AsynchronousFileChannel channel =
          openChannel(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
      LOCKED.add(file);
      return channel;
    }
  }

  /**
   * Closes the channel of a lock, which releases it: only while no DuckDB of this JVM has the file
   * open.
   */
  static void closeLock(AsynchronousFileChannel channel, FileIdentity file) throws IOException {
    synchronized (LOCK) {
      channel.close();
      LOCKED.remove(file);
    }
  }

  /**
   * Closes the channels of files that are deleted and that nobody else in this process has open:
   * then no lock can be on them, and nobody can open them any more. A file that was only renamed
   * stays open.
   */
  @GuardedBy("LOCK")
  private static void reap(FileIdentity wanted) {
    for (Iterator<DatabaseFile> files = FILES.values().iterator(); files.hasNext(); ) {
      DatabaseFile file = files.next();
      if (file.fileKey().equals(wanted)) {
        continue;
      }
      try {
        if (file.isAtPath()) {
          continue;
        }
        Optional<ProcessDescriptors> descriptors = ProcessDescriptors.on(file.fileKey());
        if (descriptors.isPresent()
            && descriptors.get().links() == 0
            && descriptors.get().open() == 1) {
          files.remove();
          IDLE.remove(file.fileKey());
          file.closeForGood();
        }
      } catch (IOException e) {
        LOG.debug("{}: left open, it cannot be told whether it is deleted", file, e);
      }
    }
  }

  private static ExecutorService readers() {
    ThreadPoolExecutor readers =
        new ThreadPoolExecutor(
            READING_THREADS,
            READING_THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(null, task, "haduck-database-reader");
              thread.setDaemon(true);
              thread.setContextClassLoader(null);
              return thread;
            });
    readers.allowCoreThreadTimeOut(true);
    return readers;
  }
}
