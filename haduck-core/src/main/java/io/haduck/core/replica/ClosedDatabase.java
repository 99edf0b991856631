package io.haduck.core.replica;

import io.haduck.core.CommitMark;
import io.haduck.core.DatabasePosition;
import io.haduck.core.HaduckException;
import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.watch.DatabaseObserver;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of a database file when DuckDB has closed it, or failed to open it: noted in its
 * record, so that the next opening need not find it out. Safe for any thread.
 */
final class ClosedDatabase {
  private static final Logger log = LoggerFactory.getLogger(ClosedDatabase.class);

  private final LocalFiles files;

  /** DuckDB did not open the file when it was asked to last. */
  private volatile boolean failedToOpen;

  /** Where the database was when DuckDB began to close it, if nobody could go on writing. */
  private volatile DatabasePosition closing = DatabasePosition.NONE;

  /** The file just after that; null if somebody may have had it open still. */
  private volatile @Nullable FileStamp closedStamp;

  ClosedDatabase(LocalFiles files) {
    this.files = files;
  }

  /** DuckDB is about to open the file. */
  void opening() {
    closing = DatabasePosition.NONE;
  }

  /** DuckDB has opened the file. */
  void opened() {
    failedToOpen = false;
  }

  /** DuckDB did not open the file. */
  void failedToOpen() {
    failedToOpen = true;
  }

  /**
   * DuckDB is about to close the file.
   *
   * @param position where it is; {@link DatabasePosition#NONE} if somebody may go on writing
   */
  void closing(DatabasePosition position) {
    closing = position;
  }

  /**
   * DuckDB has closed the file. Whoever else still has it open may commit to it later: then nothing
   * is known of what is in it when it is looked at. Only Linux tells.
   */
  void closed() {
    FileStamp stamp = null;
    try {
      if (closing.walOffset() > 0
          && DatabaseFiles.descriptorsInThisProcess(files.database()).orElse(1) == 0) {
        stamp = FileStamp.of(files.database());
      }
    } catch (IOException e) {
      log.debug("cannot tell whether {} is closed", files.database(), e);
    }
    closedStamp = stamp;
  }

  /**
   * Returns where the database is for good, since DuckDB has closed it; null if that is not
   * certain, which only Linux tells, or it cannot be read.
   */
  @Nullable CommitMark lastMark(WatchedDatabase watched) {
    try {
      boolean certain =
          watched.observer() != null
              && DatabaseFiles.descriptorsInThisProcess(files.database()).orElse(1) == 0;
      return certain ? watched.mark() : null;
    } catch (IOException | HaduckException e) {
      log.debug("cannot tell where {} was when it was closed", files.database(), e);
      return null;
    }
  }

  /**
   * Notes in the record where DuckDB left the file, if it was opened and nobody has it open. Never
   * fails.
   *
   * @param current that watched it; null if it was not opened
   */
  void noteClosed(ReplicaWriter writer, @Nullable DatabaseObserver current) {
    if (current == null) {
      return;
    }
    try {
      if (DatabaseFiles.descriptorsInThisProcess(files.database()).orElse(0) == 0) {
        writer.noteClosed(current, closing, closedStamp);
      }
    } catch (IOException | HaduckException e) {
      log.debug("the next opening of {} reads the whole file", files.database(), e);
    }
  }

  /** Notes in the record that DuckDB could not open the file, if so. Never fails. */
  void noteFailed() {
    if (!failedToOpen) {
      return;
    }
    try {
      FileRights rights = FileRights.of(files.database());
      LocalRecord.read(files.record())
          .ifPresent(record -> record.withFailed(true).write(files.record(), rights));
    } catch (IOException | HaduckException e) {
      log.debug(
          "the next opening of {} takes its replica over before it tries", files.database(), e);
    }
  }
}
