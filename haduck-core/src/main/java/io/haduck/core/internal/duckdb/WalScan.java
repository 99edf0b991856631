package io.haduck.core.internal.duckdb;

import java.util.Optional;

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
public record WalScan(
    Optional<WalVersion> version,
    long start,
    long committedEnd,
    long lastFlushEnd,
    long commits,
    boolean rowGroupData,
    Optional<WalCommit> checkpoint,
    WalTail tail) {

  /** Whether anything was committed from {@code start} on. */
  public boolean hasCommittedEntries() {
    return commits > 0;
  }
}
