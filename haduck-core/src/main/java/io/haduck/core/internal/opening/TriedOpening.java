package io.haduck.core.internal.opening;

import io.haduck.core.UnopenedException;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.local.FileProof;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.restore.OpeningTrial;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets DuckDB open a database once before its log is taken over, where it may not be able to: after
 * a restore with a write-ahead log, and where the last start failed. So a start that fails adds
 * nothing to the log, and the next one tries that first.
 *
 * <p>It is tried in its place and under its name, without a checkpoint: no copy is needed, and what
 * the file and its log hold stays as it was. For the holder of the process lock.
 */
final class TriedOpening {
  private static final Logger log = LoggerFactory.getLogger(TriedOpening.class);

  private final LocalFiles files;
  private final OpeningTrial trial;

  TriedOpening(LocalFiles files, OpeningTrial trial) {
    this.files = files;
    this.trial = trial;
  }

  /**
   * Tries again what did not open before.
   *
   * @return whether it was tried, and opens; then it is to be judged again
   * @throws UnopenedException if it does not open now either
   */
  boolean again(Optional<LocalRecord> record) throws IOException {
    if (record.isEmpty() || !record.get().failed()) {
      return false;
    }
    log.info(
        "DuckDB did not open {} the last time; trying that before its replica is taken over",
        files.database());
    open();
    record.get().withFailed(false).write(files.record(), FileRights.of(files.database()));
    return true;
  }

  /**
   * Tries what was just restored.
   *
   * @param record of it
   * @return the record of the file as it is now
   * @throws UnopenedException if it does not open; it stays where it is, and the next opening tries
   *     it again
   */
  LocalRecord restored(LocalRecord record) throws IOException {
    if (record.wal() == 0) {
      return record; // nothing is replayed
    }
    try {
      open();
    } catch (UnopenedException e) {
      record.withFailed(true).write(files.record(), FileRights.of(files.database()));
      throw e;
    }
    return record.withStamp(FileStamp.of(files.database()));
  }

  /** Whether the header is another one than what a record describes. */
  boolean hasMovedFrom(LocalRecord record) throws IOException {
    return !FileProof.headers(DatabaseFiles.open(files.database()).readHeaders())
        .equals(record.headers());
  }

  /** Unless somebody of this process has it open: then DuckDB opens it, and its lock is his. */
  private void open() throws IOException {
    if (DatabaseFiles.descriptorsInThisProcess(files.database()).orElse(0) == 0) {
      trial.open(files.database());
      log.debug("DuckDB opens {}", files.database());
    }
  }
}
