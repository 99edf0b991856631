package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a WAL file holds from a position on. Positions are bytes in the file.
 *
 * @param version its version record; empty if the file ends before that does, and so holds nothing
 * @param start where the scan began: never before the first entry
 * @param committedEnd behind the last commit that is no checkpoint's mark; {@code start} if there
 *     is none
 * @param lastFlushEnd behind the last flush, marks included; {@code start} if there is none
 * @param commits number of commits, marks not included
 * @param rowGroupData whether a commit names blocks in the database file (bulk inserts)
 * @param checkpoint the mark with which the commits end: a checkpoint has begun. Marks that commits
 *     follow are left over from a crash and count for nothing
 * @param tail what follows the last flush
 */
record WalScan(
    Optional<WalVersion> version,
    long start,
    long committedEnd,
    long lastFlushEnd,
    long commits,
    boolean rowGroupData,
    Optional<WalCommit> checkpoint,
    WalTail tail) {

  /**
   * Reads to the end and sums up.
   *
   * @param from as for {@link WriteAheadLog#open(SeekableByteChannel, String, long)}
   */
  static WalScan of(SeekableByteChannel file, String name, long from) throws IOException {
    WriteAheadLog log = WriteAheadLog.open(file, name, from);
    long start = log.position();
    long committedEnd = start;
    long commits = 0;
    boolean rowGroupData = false;
    @Nullable WalCommit mark = null;
    for (WalCommit commit = log.next(); commit != null; commit = log.next()) {
      if (commit.isCheckpointMark()) {
        mark = commit;
      } else {
        mark = null;
        commits++;
        rowGroupData |= commit.rowGroupData();
        committedEnd = commit.end();
      }
    }
    return new WalScan(
        log.version(),
        start,
        committedEnd,
        log.position(),
        commits,
        rowGroupData,
        Optional.ofNullable(mark),
        log.tail());
  }

  /** Whether anything was committed from {@code start} on. */
  boolean hasCommittedEntries() {
    return commits > 0;
  }
}
