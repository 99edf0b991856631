package io.haduck.core.replica;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.UnopenedException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.kept.StatePin;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalPermissions;
import io.haduck.core.internal.local.ProcessLock;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.opening.OverwrittenFiles;
import io.haduck.core.internal.restoring.CatalogName;
import io.haduck.core.internal.restoring.LateMoment;
import io.haduck.core.internal.restoring.NewestReadable;
import io.haduck.core.internal.restoring.Restoration;
import io.haduck.core.internal.restoring.RestorePoint;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a database file, with its write-ahead log, from a replica: complete and synced aside,
 * before anything that is there is touched, so that a restore which is killed leaves what was
 * there, or the new database.
 *
 * <p>Of a replica that is swept now and then, what is restored is pinned meanwhile, if the store
 * lets this write; if not, and something is given up and gone, it is planned again, once.
 *
 * <p>What a person tells it to overwrite is kept under another name; see {@link OverwrittenFiles}.
 *
 * <p>Safe for any thread; holds the database's process lock while it works, and DuckDB's own file
 * lock while it replaces a file.
 */
public final class Restorer {
  private static final Logger log = LoggerFactory.getLogger(Restorer.class);

  private static final int ATTEMPTS = 3;

  private final InstantSource clock;
  private final Ticker ticker;
  private final Supplier<Backoff> backoffs;
  private final FileSteps steps;

  Restorer(InstantSource clock, Ticker ticker, Supplier<Backoff> backoffs, FileSteps steps) {
    this.clock = clock;
    this.ticker = ticker;
    this.backoffs = backoffs;
    this.steps = steps;
  }

  /** A restorer with the system's clock. */
  public static Restorer create() {
    return create(FileSteps.untold());
  }

  static Restorer create(FileSteps steps) {
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
    var kept = new KeptReplica(request.store(), Retries.of(ATTEMPTS, backoffs));
    // Before the lock: a restore that is refused leaves no lock file where there was none.
    LocalPermissions.require(files);
    if (!Files.exists(files.nextRecord())) {
      Restoration.requireFree(files, request.overwrite());
    }
    Plan plan = plan(kept, request);
    ProcessLock lock = ProcessLock.take(files);
    try {
      LocalPermissions.require(files);
      Restoration.prepare(request, files);
      return restorePlanned(request, files, kept, plan, trial);
    } catch (IOException e) {
      throw new LocalFileException("cannot restore " + files.database() + ": " + e, e);
    } finally {
      lock.close();
    }
  }

  /**
   * What is to be restored.
   *
   * @param sweeps of the replica, before that was found
   */
  private record Plan(RestorePoint point, long sweeps) {}

  private static Plan plan(KeptReplica kept, RestoreRequest request) {
    long sweeps = kept.sweeps();
    try {
      return new Plan(RestorePoint.find(kept, request), sweeps);
    } catch (MissingObjectException | CorruptDataException e) {
      long now = kept.sweeps();
      if (now == sweeps) {
        throw e;
      }
      return new Plan(RestorePoint.find(kept, request), now);
    }
  }

  /** Plans once more if something is gone, and the replica was swept since it was planned. */
  private RestoreResult restorePlanned(
      RestoreRequest request, LocalFiles files, KeptReplica kept, Plan plan, OpeningTrial trial)
      throws IOException {
    StatePin pin = pin(kept, plan);
    try (pin) {
      return restore(request, files, kept.log(), plan.point(), trial);
    } catch (MissingObjectException e) {
      if (kept.sweeps() == plan.sweeps()) {
        throw e;
      }
      log.info("{} was swept while it was restored ({}); planning again", kept, e.getMessage());
    }
    Plan again = plan(kept, request);
    StatePin second = pin(kept, again);
    try (second) {
      return restore(request, files, kept.log(), again.point(), trial);
    }
  }

  private static StatePin pin(KeptReplica kept, Plan plan) {
    LogState state = plan.point().state();
    return plan.sweeps() == 0
        ? StatePin.none(kept)
        : StatePin.of(kept, state.position(), state.time(), "restore", UUID.randomUUID());
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
      return new Restoration(ticker, backoffs, steps)
          .restore(request, files, chosen, overwritten, warnings, walk.image());
    } finally {
      walk.end();
    }
  }

  private static LocalFiles localFiles(Path destination) {
    try {
      return LocalFiles.of(destination);
    } catch (IOException e) {
      throw new LocalFileException("cannot restore to " + destination + ": " + e.getMessage(), e);
    }
  }
}
