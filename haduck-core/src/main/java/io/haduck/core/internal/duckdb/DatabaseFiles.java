package io.haduck.core.internal.duckdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.UnsupportedDatabaseException;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
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
public final class DatabaseFiles {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseFiles.class);
  private static final int READING_THREADS = 4;
  private static final int OPEN_ATTEMPTS = 10;

  private static final Object LOCK = new Object();

  @GuardedBy("LOCK")
  private static final Map<FileIdentity, DatabaseFile> FILES = new HashMap<>();

  /**
   * Who reads each of {@code FILES}: the paths by which it was opened, since a file may have
   * several names with a reader each, and those who read it for a moment. One that nobody reads may
   * be closed.
   */
  @GuardedBy("LOCK")
  private static final Map<FileIdentity, Set<Object>> READERS_OF = new HashMap<>();

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
  private static final ExecutorService THREADS = readingThreads();

  private static final LastDescriptor.Channels CHANNELS =
      new LastDescriptor.Channels() {
        @Override
        public AsynchronousFileChannel open(Path path, boolean writable) throws IOException {
          return writable
              ? openChannel(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
              : openChannel(path, StandardOpenOption.READ);
        }

        @Override
        public void keep(AsynchronousFileChannel channel) {
          neverClose(channel);
        }
      };

  private DatabaseFiles() {}

  /**
   * The file at {@code path}; symbolic links are followed. Two paths to one file give the same
   * object.
   *
   * @throws NoSuchFileException if there is none
   * @throws IOException if it cannot be opened for reading
   * @throws UnsupportedDatabaseException on Windows
   */
  public static DatabaseFile open(Path path) throws IOException {
    requireReadable(System.getProperty("os.name", ""));
    return open(path, path);
  }

  /**
   * How many descriptors of this process, besides those of haduck, are on the file at {@code path}:
   * more than 0 means that a DuckDB in this JVM (or some other code of it) has the file open.
   *
   * @return empty where the system does not tell (anything but Linux); 0 if there is no such file
   * @throws IOException if the path cannot be asked for
   */
  public static OptionalInt descriptorsInThisProcess(Path path) throws IOException {
    try {
      return foreignDescriptors(FileIdentity.of(path));
    } catch (NoSuchFileException e) {
      return OptionalInt.of(0);
    }
  }

  /**
   * Does nothing on systems where a database can be read while DuckDB has it open.
   *
   * @throws UnsupportedDatabaseException on Windows
   */
  public static void requireSupportedSystem() {
    requireReadable(System.getProperty("os.name", ""));
  }

  static void requireReadable(String operatingSystem) {
    if (operatingSystem.startsWith("Windows")) {
      throw new UnsupportedDatabaseException(
          "On Windows DuckDB opens its database so that nobody else can read it, so haduck cannot replicate there."
              + " Remove the replica setting (local-only mode works), or run on Linux or macOS");
    }
  }

  /**
   * Opens a file, or gives what is open of it.
   *
   * @param reader for whom it stays open until he lets it go
   */
  static DatabaseFile open(Path path, Object reader) throws IOException {
    synchronized (LOCK) {
      FileIdentity wanted = FileIdentity.of(path);
      reap(wanted);
      closeIdle();
      for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        DatabaseFile known = FILES.get(wanted);
        if (known != null) {
          readers(wanted).add(reader);
          if (!known.isAtPath()) {
            known.movedTo(path);
          }
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
          readers(wanted).add(reader);
          return file;
        }
        // replaced in between: the channel may be on either file, so it can only be kept
        NEVER_CLOSED.add(channel);
        wanted = found;
      }
      throw new IOException(path + ": replaced again and again while it was opened. Try again");
    }
  }

  /**
   * Makes an empty file and keeps its channel, as {@link #open(Path)} does: whatever opens it from
   * its first moment on keeps its lock.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is one
   */
  public static void createEmpty(Path path) throws IOException {
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
        readers(made).add(path);
      }
    }
  }

  @GuardedBy("LOCK")
  private static Set<Object> readers(FileIdentity file) {
    return READERS_OF.computeIfAbsent(file, any -> new LinkedHashSet<>());
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
    return AsynchronousFileChannel.open(path, Set.of(options), THREADS);
  }

  static void neverClose(AsynchronousFileChannel channel) {
    synchronized (LOCK) {
      NEVER_CLOSED.add(channel);
    }
  }

  /**
   * Nobody reads any more what was opened by {@code path}: its channel is closed as soon as no
   * other descriptor of this process is on it, which only Linux tells. Until then, or while it is
   * open here by another name of the same file, such as a hard link, it stays open. To be called by
   * who holds the database's process lock and so is the only one that reads it by that name;
   * reading afterwards fails. Never throws.
   */
  public static void letGo(Path path) {
    letGo((Object) path);
  }

  /** As {@link #letGo(Path)}, for who has opened it as somebody else than a path. */
  static void letGo(Object reader) {
    synchronized (LOCK) {
      for (DatabaseFile file : FILES.values()) {
        Set<Object> left = readers(file.fileKey());
        if (left.remove(reader) && file.path().equals(reader)) {
          left.stream()
              .filter(Path.class::isInstance)
              .findFirst()
              .ifPresent(other -> file.movedTo((Path) other));
        }
      }
      closeIdle();
    }
  }

  /** Closes what nobody reads and nobody else of this process has open. */
  @GuardedBy("LOCK")
  private static void closeIdle() {
    for (DatabaseFile file : List.copyOf(FILES.values())) {
      FileIdentity identity = file.fileKey();
      if (!readers(identity).isEmpty() || LOCKED.contains(identity)) {
        continue;
      }
      AsynchronousFileChannel kept = null;
      try {
        kept = new LastDescriptor(identity, file.path(), CHANNELS, () -> {}).close(file.channel());
      } catch (IOException e) {
        LOG.warn("{}: closing haduck's descriptor of it failed", file, e);
      }
      if (kept == null) {
        forget(identity);
      } else if (kept != file.channel()) {
        FILES.put(identity, new DatabaseFile(identity, kept, file.path()));
      }
    }
  }

  @GuardedBy("LOCK")
  private static void forget(FileIdentity file) {
    FILES.remove(file);
    READERS_OF.remove(file);
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
    for (DatabaseFile file : List.copyOf(FILES.values())) {
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
          forget(file.fileKey());
          file.closeForGood();
        }
      } catch (IOException e) {
        LOG.debug("{}: left open, it cannot be told whether it is deleted", file, e);
      }
    }
  }

  private static ExecutorService readingThreads() {
    ThreadPoolExecutor threads =
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
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }
}
