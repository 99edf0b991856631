package io.haduck.core.internal.opening;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.restoring.HandedImage;
import io.haduck.core.internal.restoring.Restoration;
import io.haduck.core.internal.restoring.RestorePoint;
import io.haduck.core.internal.restoring.RestoredFiles;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the head of a log in the database's place while it is opened: a copy that is at the head
 * already, if there is one, or what the store holds.
 */
final class HeadRestoration {
  private static final Logger log = LoggerFactory.getLogger(HeadRestoration.class);

  private final OpeningRequest options;
  private final LocalFiles files;
  private final ObjectStore store;
  private final Supplier<Backoff> backoffs;

  HeadRestoration(
      OpeningRequest options, LocalFiles files, ObjectStore store, Supplier<Backoff> backoffs) {
    this.options = options;
    this.files = files;
    this.store = store;
    this.backoffs = backoffs;
  }

  /**
   * Does it.
   *
   * @param guard asked before what is there is replaced
   * @return what was restored from the store; null if a copy was there
   */
  @Nullable RestoreResult run(LogState head, RestoredFiles.Guard guard, boolean overwrite)
      throws IOException {
    HandedImage image = options.image();
    if (image != null && image.holds(head)) {
      try {
        image.place(files, head, store.toString(), guard, FileSteps.untold());
        log.info("{} is the copy that followed {}, at its head", files.database(), store);
        return null;
      } catch (AtomicMoveNotSupportedException e) {
        log.warn(
            "{} is written anew, from {}, which is in another file system: {}",
            files.database(),
            image.database(),
            e.getMessage());
      }
    }
    return restore(head, guard, overwrite, image == null ? null : image.database());
  }

  /**
   * Restores it.
   *
   * @param like a file that may hold many of the blocks; null for the database that is there
   */
  private RestoreResult restore(
      LogState head, RestoredFiles.Guard guard, boolean overwrite, @Nullable Path like)
      throws IOException {
    var latest =
        RestoreRequest.latest(store, files.database())
            .reportingTo(new LoggedProgress(files.database(), options.ticker()));
    RestoreRequest request = overwrite ? latest.overwriting() : latest;
    Restoration.prepare(request, files);
    RestoreResult result =
        new Restoration(options.ticker(), backoffs, FileSteps.untold())
            .restore(
                request,
                files,
                RestorePoint.head(head),
                guard,
                List.of(),
                like != null && Files.exists(like) ? like : null);
    log.info(
        "restored {} from {}, the replica of {}: {} bytes, seq {}, last committed {} ({} ago); {} blocks ({} of them from"
            + " the local file), {} bytes of WAL, {} bytes fetched, {} ms",
        result.destination(),
        store,
        result.databasePath().orElse("a path that it does not name"),
        result.fileSize(),
        result.seq(),
        result.commitTime(),
        LoggedProgress.age(Duration.between(result.commitTime(), options.clock().instant())),
        result.blocks(),
        result.localBlocks(),
        result.walBytes(),
        result.bytesFetched(),
        result.elapsed().toMillis());
    return result;
  }
}
