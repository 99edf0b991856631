package io.haduck.core.restore;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a restore did.
 *
 * @param destination the database file that is now there
 * @param seq of the changeset whose state it holds
 * @param headSeq the last of the log; greater than {@code seq} if an earlier point was asked for
 * @param commitTime when that was committed, by its writer's clock
 * @param databasePath the absolute path that the database had for whoever wrote that, links not
 *     followed; empty if the replica does not say
 * @param blocks written
 * @param localBlocks how many of them were taken from the database that was there
 * @param walBytes length of the write-ahead log that is now beside the database; 0 if there is none
 * @param lost what the target holds and the restored file does not, because the write-ahead log was
 *     left out, or DuckDB does not open it; empty if nothing is
 * @param kept the name under which the database that was there is kept, with its WAL files and its
 *     {@code .haduck} behind that name; where there was a write-ahead log alone, the name of that.
 *     Empty if nothing was replaced, or all of it is known to be in the replica
 * @param bytesFetched from the store
 * @param fileSize in bytes, holes included
 * @param elapsed time the whole took
 * @param warnings what its caller should know, a sentence each; they are in the log too
 */
public record RestoreResult(
    Path destination,
    long seq,
    long headSeq,
    Instant commitTime,
    Optional<String> databasePath,
    long blocks,
    long localBlocks,
    long walBytes,
    Optional<LostWal> lost,
    Optional<Path> kept,
    long bytesFetched,
    long fileSize,
    Duration elapsed,
    List<String> warnings) {
  /** Copies the list. */
  public RestoreResult {
    warnings = List.copyOf(warnings);
  }

  /**
   * Commits that were left out.
   *
   * @param bytes of the write-ahead log; where checkpoints are left out too, without what they hold
   *     and no write-ahead log did
   * @param commits in these bytes; -1 if they were not counted, as in a restore to the last
   *     checkpoint
   * @param changesets of the log that came after what was restored, up to {@code lastSeq}; 0 if the
   *     commits were made while the checkpoint ran, and are in its own changeset
   * @param firstSeq the first of these changesets; if there is none, that of the checkpoint
   * @param lastSeq of the state that was the target
   * @param since the time of what was restored: nothing committed before it is lost
   * @param until the target's time
   */
  public record LostWal(
      long bytes,
      long commits,
      long changesets,
      long firstSeq,
      long lastSeq,
      Instant since,
      Instant until) {}
}
