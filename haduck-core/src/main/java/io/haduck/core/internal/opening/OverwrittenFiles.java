package io.haduck.core.internal.opening;

import io.haduck.core.HaduckException;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileProof;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.local.LocalStamps;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.restoring.KeptFiles;
import io.haduck.core.internal.restoring.RestoredFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what a person told a restore to overwrite: it may be another database, or hold commits that
 * were never sent. Only what is known to be in the replica is let go, by the proof that counts at
 * an opening too: the file that {@code F.haduck} describes, with its size, time, headers and
 * metadata blocks, at a changeset that the log holds, and a write-ahead log with nothing beyond
 * that. Anything slower, such as hashing the file and looking for it in the whole log, could only
 * save room.
 *
 * <p>For one restore by one thread, under the process lock.
 */
public final class OverwrittenFiles implements RestoredFiles.Guard {
  private static final Logger log = LoggerFactory.getLogger(OverwrittenFiles.class);

  private final LocalFiles files;
  private final FileSteps steps;
  private final InstantSource clock;

  /** As they were when they were found to be in the log; null if they were not. */
  private final @Nullable LocalStamps inLog;

  /** Compares what is there with the log. */
  public OverwrittenFiles(
      LocalFiles files,
      ReplicationLog replica,
      RangeFetcher fetcher,
      InstantSource clock,
      FileSteps steps)
      throws IOException {
    this.files = files;
    this.steps = steps;
    this.clock = clock;
    LocalStamps now = LocalStamps.of(files);
    this.inLog = isInLog(files, replica, fetcher) ? now : null;
  }

  private static boolean isInLog(LocalFiles files, ReplicationLog replica, RangeFetcher fetcher) {
    try {
      Optional<LocalRecord> record = LocalRecord.read(files.record());
      if (record.isEmpty()
          || !files.databaseExists()
          || !FileStamp.of(files.database()).equals(record.get().stamp())) {
        return false;
      }
      try (FoundDatabase found = FoundDatabase.observe(files)) {
        for (LogPosition position : positions(record.get())) {
          Optional<LogState> state =
              replica
                  .loadAt(position.seq(), LoadProgress.NONE)
                  .filter(loaded -> loaded.position().equals(position));
          if (state.isPresent()) {
            return isIn(state.get(), record.get(), found, fetcher);
          }
        }
        return false;
      }
    } catch (IOException | HaduckException e) {
      log.debug("{} is kept, since it cannot be compared with the log", files.database(), e);
      return false;
    }
  }

  /** Where it may be: what was intended has perhaps landed. */
  private static List<LogPosition> positions(LocalRecord record) {
    var positions = new ArrayList<LogPosition>();
    if (record.intent() != null) {
      positions.add(record.intent());
    }
    if (record.committed().seq() > 0) {
      positions.add(record.committed());
    }
    return positions;
  }

  private static boolean isIn(
      LogState state, LocalRecord record, FoundDatabase found, RangeFetcher fetcher)
      throws IOException {
    return found.hasHeaders(state.headers())
        && FileProof.headers(found.headers()).equals(record.headers())
        && found.hasMetadata(record.metadata())
        && found.compare(state.wal(), fetcher).logHoldsAll();
  }

  @Override
  public @Nullable Path beforeReplacing() throws IOException {
    if (!holdsAnything() || LocalStamps.of(files).equals(inLog)) {
      return null;
    }
    Path kept = new KeptFiles(files, steps, KeptFiles.REPLACED).withRecord().keep(clock.instant());
    log.warn(
        "{} is overwritten, and not known to be in the replica that is restored: it is kept as {}. Delete that when you"
            + " know that nothing in it is missed",
        files.database(),
        kept);
    return kept;
  }

  private boolean holdsAnything() throws IOException {
    return files.walExists()
        || (Files.exists(files.database(), LinkOption.NOFOLLOW_LINKS)
            && Files.size(files.database()) > 0);
  }
}
