package io.haduck.core.internal.restoring;

import io.haduck.core.LocalFileException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.DatabaseInUseException;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileProof;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a state of a log as a database file, with its write-ahead log, and puts both in their
 * place, under the database's process lock.
 *
 * <p>Both are written to {@code F.haduck-restore-…}, complete and synced, before anything that is
 * there is touched, and then put in place in an order in which every state between is a committed
 * one (docs/internals/duckdb-files.md#replacing-a-database): a restore that is killed at any point
 * leaves what was there, with or without its WAL, or the new database, with or without its WAL.
 * Safe for any thread.
 */
public final class Restoration {
  private static final Logger log = LoggerFactory.getLogger(Restoration.class);

  private final Ticker ticker;
  private final Supplier<Backoff> backoffs;
  private final FileSteps steps;

  /**
   * Restores.
   *
   * @param steps told before each change to a file
   */
  public Restoration(Ticker ticker, Supplier<Backoff> backoffs, FileSteps steps) {
    this.ticker = ticker;
    this.backoffs = backoffs;
    this.steps = steps;
  }

  /**
   * Restores what was found, under the process lock.
   *
   * @param guard asked before what is there is replaced
   * @param known what its caller should know already
   */
  public RestoreResult restore(
      RestoreRequest request,
      LocalFiles files,
      RestorePoint point,
      RestoredFiles.Guard guard,
      List<String> known)
      throws IOException {
    prepare(request, files);
    return restore(request, files, point, guard, known, null);
  }

  /**
   * Finishes or takes back what a restore that was killed has begun; before anything is judged, and
   * under the process lock. Costs a few calls of stat where there is nothing.
   */
  public static void settle(LocalFiles files) throws IOException {
    SharedFile.separate(files);
    if (Files.exists(files.nextRecord())) {
      AsideFiles.deleteLeftovers(files);
    }
    LocalRecord.settle(files);
  }

  /**
   * Clears what an interrupted restore left; under the process lock.
   *
   * @throws LocalFileException if there is something that must not be overwritten
   */
  public static void prepare(RestoreRequest request, LocalFiles files) throws IOException {
    settle(files);
    requireFree(files, request.overwrite());
    AsideFiles.deleteLeftovers(files);
  }

  /**
   * As above.
   *
   * @param like a file that may hold many of the blocks; null for the database that is there
   */
  public RestoreResult restore(
      RestoreRequest request,
      LocalFiles files,
      RestorePoint point,
      RestoredFiles.Guard guard,
      List<String> known,
      @Nullable Path like) {
    long begun = ticker.nanos();
    LogState state = point.state();
    Path image = files.beside(AsideFiles.name());
    Path wal = point.walLength() == 0 ? null : image.resolveSibling(image.getFileName() + ".wal");
    try {
      var fetcher = new RangeFetcher(request.store(), backoffs);
      FileRights rights = FileRights.of(files.database());
      Path similar = like == null && files.databaseExists() ? files.database() : like;
      DatabaseFile source = similar == null ? null : DatabaseFiles.open(similar);
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
      DatabaseFiles.open(files.database()); // no longer by the name that it had aside
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
      DatabaseFiles.letGo(image);
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

  /**
   * Looks whether a restore may put a database there.
   *
   * @throws LocalFileException if there is something that it must not overwrite
   */
  public static void requireFree(LocalFiles files, boolean overwrite) {
    if (overwrite) {
      return;
    }
    if (files.databaseExists()) {
      throw new LocalFileException(
          files.database()
              + " exists; a restore does not overwrite a database unless RestoreRequest.overwriting() says so, which keeps it under"
              + " another name");
    }
    if (files.walExists()) {
      throw new LocalFileException(
          files.wal().wal()
              + " (or its .checkpoint or .recovery) exists without its database; it may hold"
              + " commits. Move it away, or restore with RestoreRequest.overwriting(), which keeps it under another name");
    }
  }

  /**
   * The record of an image, which keeps inode and time when it is put in place; reading its free
   * list proves it a database.
   */
  static LocalRecord recordOf(Path image, RestorePoint point, String replica) throws IOException {
    DatabaseFile file = DatabaseFiles.open(image);
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

  static void deleteQuietly(@Nullable Path image) {
    try {
      if (image != null) {
        Files.deleteIfExists(image);
      }
    } catch (IOException e) {
      log.warn("cannot delete {}: {}", image, e.toString());
    }
  }
}
