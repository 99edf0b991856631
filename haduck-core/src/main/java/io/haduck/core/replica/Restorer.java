package io.haduck.core.replica;

import io.haduck.core.Backoff;
import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.duckdb.DatabaseFileLock;
import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.duckdb.FreeList;
import io.haduck.core.log.LoadProgress;
import io.haduck.core.log.LogState;
import io.haduck.core.log.ReplicationLog;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a database file from a replica.
 *
 * <p>The image is written to {@code F.haduck-restore-…}, complete and synced, before anything that
 * is there is touched, and then put in place in an order in which every state between is a
 * committed one (storage facts §4): a restore that is killed at any point leaves what was there, or
 * the whole of the new.
 *
 * <p>Safe for any thread; holds the database's process lock while it works, and DuckDB's own file
 * lock while it replaces a file.
 */
public final class Restorer {
  private static final Logger log = LoggerFactory.getLogger(Restorer.class);
  private static final String ASIDE = ".haduck-restore-";

  private final Ticker ticker;
  private final Supplier<Backoff> backoffs;

  Restorer(Ticker ticker, Supplier<Backoff> backoffs) {
    this.ticker = ticker;
    this.backoffs = backoffs;
  }

  /** A restorer with the system's clock. */
  public static Restorer create() {
    var random = new Random();
    return new Restorer(
        Ticker.system(), () -> new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10), random));
  }

  /**
   * Restores, and says what it did.
   *
   * @throws LocalFileException if the destination exists (unless overwriting), is in use, or cannot
   *     be written
   * @throws DivergedException if the replica holds nothing, or nothing that old
   * @throws CorruptDataException if the replica does not verify; the message names the object
   * @throws UnavailableException if the store does not answer
   */
  public RestoreResult restore(RestoreRequest request) {
    LocalFiles files = localFiles(request.destination());
    ProcessLock lock = ProcessLock.take(files.lock());
    try {
      var replica = new ReplicationLog(request.store());
      LogState state = find(replica, request);
      long headSeq =
          request.target() instanceof RestoreTarget.Latest
              ? state.position().seq()
              : replica.loadLatest(LoadProgress.NONE).map(head -> head.position().seq()).orElse(0L);
      return restore(request, files, state, headSeq);
    } finally {
      lock.close();
    }
  }

  private static LogState find(ReplicationLog replica, RestoreRequest request) {
    RestoreTarget target = request.target();
    Optional<LogState> state;
    if (target instanceof RestoreTarget.AtSeq at) {
      state = replica.loadAt(at.seq(), LoadProgress.NONE);
    } else if (target instanceof RestoreTarget.AtTime at) {
      state = replica.loadAt(at.time(), LoadProgress.NONE);
    } else {
      state = replica.loadLatest(LoadProgress.NONE);
    }
    return state.orElseThrow(
        () ->
            new DivergedException(
                request.store()
                    + " holds no state for "
                    + target
                    + ". Check the replica's location and name (one prefix per database: {prefix}/{name}/log/…)"));
  }

  /** Restores a state that was loaded, under the process lock. */
  RestoreResult restore(RestoreRequest request, LocalFiles files, LogState state, long headSeq) {
    long begun = ticker.nanos();
    requireFree(files, request.overwrite());
    Path image = files.beside(ASIDE + UUID.randomUUID());
    try {
      deleteLeftovers(files);
      long fetched =
          new ImageWriter(request.store(), state, request.progress(), backoffs).write(image);
      boolean detached = state.position().seq() < headSeq;
      LocalRecord record = recordOf(image, state, request.store().toString(), detached);
      if (files.databaseExists()) {
        replace(files, image);
        record.write(files.record());
      } else {
        // First, so that a kill between the two leaves no database that nobody knows; a record
        // without a database means that it is restored again.
        record.write(files.record());
        create(files, image);
      }
      DurableDirectories.sync(files.directory());
      return new RestoreResult(
          files.database(),
          state.position().seq(),
          headSeq,
          state.time(),
          state.index().cardinality(),
          fetched,
          Files.size(files.database()),
          Duration.ofNanos(ticker.nanos() - begun));
    } catch (IOException e) {
      throw new LocalFileException(
          "cannot restore "
              + files.database()
              + ": "
              + e
              + ". Nothing that was there has been replaced unless this names the record; check disk space ("
              + state.index().cardinality()
              + " blocks of "
              + state.identity().blockSize()
              + " bytes are needed) and permissions",
          e);
    } finally {
      deleteQuietly(image);
    }
  }

  private static LocalFiles localFiles(Path destination) {
    try {
      return LocalFiles.of(destination);
    } catch (IOException e) {
      throw new LocalFileException("cannot restore to " + destination + ": " + e.getMessage(), e);
    }
  }

  private static void requireFree(LocalFiles files, boolean overwrite) {
    if (overwrite) {
      return;
    }
    if (files.databaseExists()) {
      throw new LocalFileException(
          files.database() + " exists; a restore does not overwrite a database unless told to");
    }
    if (files.walExists()) {
      throw new LocalFileException(
          files.wal().wal()
              + " (or its .checkpoint or .recovery) exists without its database; it may hold"
              + " commits. Move it away, or tell the restore to overwrite");
    }
  }

  /**
   * No database is there: a hard link fails if one has appeared meanwhile, a rename would hide it.
   */
  private static void create(LocalFiles files, Path image) throws IOException {
    clearWal(files);
    try {
      Files.createLink(files.database(), image);
    } catch (UnsupportedOperationException e) {
      Files.move(image, files.database());
    } catch (FileAlreadyExistsException e) {
      throw new LocalFileException(
          files.database() + " appeared while it was being restored; it was left alone", e);
    }
  }

  private static void replace(LocalFiles files, Path image) throws IOException {
    // Without this lock another process goes on writing to a file that has no name any more.
    try (DatabaseFileLock held = DatabaseFileLock.acquire(files.database())) {
      clearWal(files);
      Files.move(
          image, held.path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      DurableDirectories.sync(files.directory());
    }
  }

  /**
   * A new file with an old WAL would open silently with wrong rows, so the old WAL goes first, for
   * good. The two rarer files are kept under another name, should someone want to look at them.
   */
  private static void clearWal(LocalFiles files) throws IOException {
    boolean changed = Files.deleteIfExists(files.wal().wal());
    for (Path stray : new Path[] {files.wal().checkpoint(), files.wal().recovery()}) {
      if (Files.exists(stray)) {
        Path aside =
            files.beside(
                ".stray-"
                    + UUID.randomUUID()
                    + stray
                        .getFileName()
                        .toString()
                        .substring(stray.getFileName().toString().lastIndexOf('.')));
        Files.move(stray, aside);
        log.warn("{} was in the way of a restore; it is now {}", stray, aside);
        changed = true;
      }
    }
    if (changed) {
      DurableDirectories.sync(files.directory());
    }
  }

  /** What an interrupted restore left; the process lock says that nobody is writing it. */
  private static void deleteLeftovers(LocalFiles files) throws IOException {
    Path directory = files.database().getParent();
    String prefix = files.database().getFileName() + ASIDE;
    if (directory == null) {
      return;
    }
    try (DirectoryStream<Path> leftovers =
        Files.newDirectoryStream(
            directory, entry -> entry.getFileName().toString().startsWith(prefix))) {
      for (Path leftover : leftovers) {
        log.info("deleting {}, left by a restore that did not end", leftover);
        Files.delete(leftover);
      }
    }
  }

  /**
   * The record of an image, which keeps inode and time when it is put in place; reading its free
   * list proves it a database.
   */
  private static LocalRecord recordOf(Path image, LogState state, String replica, boolean detached)
      throws IOException {
    DatabaseFile file = DatabaseFile.open(image);
    DatabaseHeaders headers = file.readHeaders();
    FreeList freeList = FreeList.read(file, headers);
    return new LocalRecord(
        state.lineage(),
        replica,
        state.position(),
        headers.active().iteration(),
        FileProof.headers(headers),
        FileProof.metadata(freeList, state.index()),
        FileStamp.of(image),
        null,
        detached);
  }

  private static void deleteQuietly(@Nullable Path image) {
    try {
      if (image != null) {
        Files.deleteIfExists(image);
      }
    } catch (IOException e) {
      log.warn("cannot delete {}: {}", image, e.toString());
    }
  }
}
