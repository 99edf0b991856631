package io.haduck.core.replica;

import io.haduck.core.Backoff;
import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnopenedException;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.duckdb.DatabaseInUseException;
import io.haduck.core.duckdb.FreeList;
import io.haduck.core.log.LogState;
import io.haduck.core.log.ReplicationLog;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a database file, with its write-ahead log, from a replica.
 *
 * <p>What a person tells it to overwrite is kept under another name; see {@link OverwrittenFiles}.
 *
 * <p>Both are written to {@code F.haduck-restore-…}, complete and synced, before anything that is
 * there is touched, and then put in place in an order in which every state between is a committed
 * one (storage facts §4): a restore that is killed at any point leaves what was there, with or
 * without its WAL, or the new database, with or without its WAL.
 *
 * <p>Safe for any thread; holds the database's process lock while it works, and DuckDB's own file
 * lock while it replaces a file.
 */
public final class Restorer {
  private static final Logger log = LoggerFactory.getLogger(Restorer.class);
  static final String ASIDE = ".haduck-restore-";

  private final InstantSource clock;
  private final Ticker ticker;
  private final Supplier<Backoff> backoffs;
  private final RestoredFiles.Steps steps;

  Restorer(
      InstantSource clock, Ticker ticker, Supplier<Backoff> backoffs, RestoredFiles.Steps steps) {
    this.clock = clock;
    this.ticker = ticker;
    this.backoffs = backoffs;
    this.steps = steps;
  }

  /** A restorer with the system's clock. */
  public static Restorer create() {
    return create(RestoredFiles.Steps.untold());
  }

  static Restorer create(RestoredFiles.Steps steps) {
    var random = new Random();
    return new Restorer(
        InstantSource.system(),
        Ticker.system(),
        () -> new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10), random),
        steps);
  }

  /**
   * Restores, and says what it did; not to the newest state that DuckDB opens.
   *
   * @throws LocalFileException if the destination exists (unless overwriting), is in use, or cannot
   *     be written, or what is overwritten cannot be kept
   * @throws DivergedException if the replica holds nothing, or not the moment; the message says
   *     which there are
   * @throws CorruptDataException if the replica does not verify; the message names the object
   * @throws UnavailableException if the store does not answer
   */
  public RestoreResult restore(RestoreRequest request) {
    if (request.newestReadable()) {
      throw new IllegalArgumentException(
          "what DuckDB opens is not known here; use Haduck.restore for toNewestReadable()");
    }
    return restore(request, OpeningTrial.none());
  }

  /**
   * As {@link #restore(RestoreRequest)}, and where the newest state that opens is asked for, goes
   * back as far as it takes.
   *
   * @param trial opens candidates beside the destination
   * @throws UnopenedException if no state opens, or for want of something else than an older state
   */
  public RestoreResult restore(RestoreRequest request, OpeningTrial trial) {
    LocalFiles files = localFiles(request.destination());
    var replica = new ReplicationLog(request.store());
    // Before the lock: a restore that is refused leaves no lock file where there was none.
    LocalPermissions.require(files);
    if (!Files.exists(files.nextRecord())) {
      requireFree(files, request.overwrite());
    }
    RestorePoint point = RestorePoint.find(replica, request);
    ProcessLock lock = ProcessLock.take(files);
    try {
      LocalPermissions.require(files);
      prepare(request, files);
      return restore(request, files, replica, point, trial);
    } catch (IOException e) {
      throw new LocalFileException("cannot restore " + files.database() + ": " + e, e);
    } finally {
      lock.close();
    }
  }

  private RestoreResult restore(
      RestoreRequest request,
      LocalFiles files,
      ReplicationLog replica,
      RestorePoint point,
      OpeningTrial trial)
      throws IOException {
    var walk =
        new NewestReadable(
            replica,
            request.store().toString(),
            new RangeFetcher(request.store(), backoffs),
            files,
            trial);
    try {
      RestorePoint chosen = request.newestReadable() ? walk.find(point) : point;
      List<String> warnings = new ArrayList<>();
      CatalogName.changed(point.state().databasePath(), request.destination().toAbsolutePath())
          .ifPresent(warnings::add);
      if (request.target() instanceof RestoreTarget.AtTime at) {
        new LateMoment(at.time(), request.store(), clock.instant())
            .comparedWith(point)
            .ifPresent(warnings::add);
      }
      var fetcher = new RangeFetcher(request.store(), backoffs);
      var overwritten = new OverwrittenFiles(files, replica, fetcher, clock, steps);
      return restore(request, files, chosen, overwritten, warnings, walk.image());
    } finally {
      walk.end();
    }
  }

  /**
   * Restores what was found, under the process lock.
   *
   * @param guard asked before what is there is replaced
   * @param known what its caller should know already
   */
  RestoreResult restore(
      RestoreRequest request,
      LocalFiles files,
      RestorePoint point,
      RestoredFiles.Guard guard,
      List<String> known)
      throws IOException {
    prepare(request, files);
    return restore(request, files, point, guard, known, null);
  }

  private static void prepare(RestoreRequest request, LocalFiles files) throws IOException {
    LocalRecord.settle(files);
    requireFree(files, request.overwrite());
    deleteLeftovers(files);
  }

  /**
   * As above.
   *
   * @param like a file that may hold many of the blocks; null for the database that is there
   */
  private RestoreResult restore(
      RestoreRequest request,
      LocalFiles files,
      RestorePoint point,
      RestoredFiles.Guard guard,
      List<String> known,
      @Nullable Path like) {
    long begun = ticker.nanos();
    LogState state = point.state();
    Path image = files.beside(aside());
    Path wal = point.walLength() == 0 ? null : image.resolveSibling(image.getFileName() + ".wal");
    try {
      var fetcher = new RangeFetcher(request.store(), backoffs);
      FileRights rights = FileRights.of(files.database());
      Path similar = like == null && files.databaseExists() ? files.database() : like;
      DatabaseFile source = similar == null ? null : DatabaseFile.open(similar);
      long local = new ImageWriter(fetcher, state, request.progress()).write(image, source, rights);
      if (wal != null) {
        new WalWriter(fetcher).write(state.wal(), wal, rights);
      }
      List<String> warnings = new ArrayList<>(known);
      rights.lostBy(image, files.database()).ifPresent(warnings::add);
      point.lost().map(lost -> leftOut(files, lost)).ifPresent(warnings::add);
      LocalRecord record = recordOf(image, point, request.store().toString());
      var restored = new RestoredFiles(files, image, wal, record, rights, steps);
      Path kept = files.databaseExists() ? restored.replace(guard) : restored.create(guard);
      DurableDirectories.sync(files.directory());
      DatabaseFile.open(files.database()); // no longer by the name that it had aside
      warnings.forEach(log::warn);
      return new RestoreResult(
          files.database(),
          state.position().seq(),
          point.headSeq(),
          state.time(),
          Optional.ofNullable(state.databasePath()),
          state.index().cardinality(),
          local,
          point.walLength(),
          point.lost(),
          Optional.ofNullable(kept),
          fetcher.bytesFetched(),
          Files.size(files.database()),
          Duration.ofNanos(ticker.nanos() - begun),
          warnings);
    } catch (DatabaseInUseException e) {
      throw new LocalFileException(
          "cannot restore: " + e.getMessage() + ". Nothing was changed", e);
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
              + " bytes and "
              + point.walLength()
              + " bytes of WAL are needed) and permissions",
          e);
    } finally {
      DatabaseFile.letGo(image);
      deleteQuietly(image);
      deleteQuietly(wal);
    }
  }

  private static String leftOut(LocalFiles files, RestoreResult.LostWal lost) {
    return files.database()
        + " was restored without "
        + (lost.commits() < 0 ? "" : lost.commits() + " commits, ")
        + lost.bytes()
        + " bytes of write-ahead log, up to seq "
        + lost.lastSeq()
        + ": what was committed between "
        + lost.since()
        + " and "
        + lost.until()
        + " is missing in it";
  }

  /** What follows the name of a database in that of a file that a restore writes aside. */
  static String aside() {
    return ASIDE + UUID.randomUUID();
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
        if (Files.isDirectory(leftover, LinkOption.NOFOLLOW_LINKS)) {
          deleteDirectory(leftover);
        } else {
          Files.delete(leftover);
        }
      }
    }
  }

  /** Deletes a directory of nothing but files. */
  static void deleteDirectory(Path directory) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        Files.delete(entry);
      }
    }
    Files.delete(directory);
  }

  /**
   * The record of an image, which keeps inode and time when it is put in place; reading its free
   * list proves it a database.
   */
  private static LocalRecord recordOf(Path image, RestorePoint point, String replica)
      throws IOException {
    DatabaseFile file = DatabaseFile.open(image);
    DatabaseHeaders headers = file.readHeaders();
    FreeList freeList = FreeList.read(file, headers);
    LogState state = point.state();
    return new LocalRecord(
        state.lineage(),
        replica,
        state.position(),
        headers.active().iteration(),
        point.walLength(),
        FileProof.headers(headers),
        FileProof.metadata(freeList, state.index()),
        FileStamp.of(image),
        null,
        point.belowHead());
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
