package io.haduck.core.replica;

import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.RestorePolicy;
import io.haduck.core.log.LogPosition;
import io.haduck.core.log.LogState;
import io.haduck.core.log.ReplicationLog;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Judges where a local database stands in the log, before DuckDB opens it.
 *
 * <p>What can be proven is a {@link Verdict}; what cannot is an error that says what either side
 * has, and changes nothing. The table of all states is in docs/ARCHITECTURE.md.
 */
final class Opening {
  private final LocalFiles files;
  private final String replica;
  private final ReplicationLog replicationLog;
  private final RangeFetcher fetcher;
  private final RestorePolicy restorePolicy;

  /**
   * @param fetcher reads pieces of the log's WAL where their hashes do not tell enough
   */
  Opening(
      LocalFiles files,
      String replica,
      ReplicationLog replicationLog,
      RangeFetcher fetcher,
      RestorePolicy restorePolicy) {
    this.files = files;
    this.replica = replica;
    this.replicationLog = replicationLog;
    this.fetcher = fetcher;
    this.restorePolicy = restorePolicy;
  }

  /** What a local database is to the log. */
  enum Verdict {
    /** Neither file nor log: DuckDB makes a database, a BASE begins the log. */
    NEW,
    /** A file and an empty log that do not know each other: a BASE begins the log. */
    ADOPT,
    /** No file: the head is restored. */
    RESTORE,
    /**
     * The blocks are the head's and need not be read; its WAL holds the log's, and perhaps more.
     */
    UNCHANGED,
    /**
     * The file is of this history, at the head or after it: all blocks are hashed, the difference
     * sent.
     */
    DESCENDANT,
    /**
     * The log holds all of the file, and more: the head is restored over it, from what is there as
     * far as that goes.
     */
    FAST_FORWARD
  }

  /**
   * Judges.
   *
   * @param record of the local file, if there is one that can be read
   * @param head of the log, empty if it has no changeset
   */
  Verdict judge(Optional<LocalRecord> record, Optional<LogState> head) throws IOException {
    LocalRecord known =
        record.filter(candidate -> candidate.replica().equals(replica)).orElse(null);
    if (head.isEmpty()) {
      if (known != null && known.committed().seq() > 0) {
        throw lost(known, "is empty");
      }
      if (!files.databaseExists()) {
        requireNoStrayWal();
        return Verdict.NEW;
      }
      requireNotEmptyFile();
      return Verdict.ADOPT;
    }
    LogState state = head.get();
    if (!files.databaseExists()) {
      return judgeMissing(known, state);
    }
    requireNotEmptyFile();
    return judgePresent(record, known, state);
  }

  private Verdict judgeMissing(@Nullable LocalRecord known, LogState head) {
    requireNoStrayWal();
    if (known != null) {
      requireHistory(known, head);
    }
    if (restorePolicy == RestorePolicy.NEVER) {
      throw new DivergedException(
          files.database()
              + " does not exist, "
              + replica
              + " holds a database at seq "
              + head.position().seq()
              + ", and restore=never. Set restore=if_missing, restore it by hand, or name"
              + " another replica");
    }
    return Verdict.RESTORE;
  }

  private Verdict judgePresent(
      Optional<LocalRecord> record, @Nullable LocalRecord known, LogState head) throws IOException {
    String sides =
        files.database()
            + " ("
            + describe(record)
            + ") and "
            + replica
            + " (seq "
            + head.position().seq()
            + ", lineage "
            + head.lineage()
            + ", written "
            + head.time()
            + ")";
    if (known == null) {
      throw new DivergedException(
          sides
              + " are not known to belong together: "
              + (record.isPresent()
                  ? files.record() + " names another replica"
                  : "there is no usable " + files.record())
              + ". Nothing was changed. If the replica is right, move the local database and its WAL away: it will be"
              + " restored. If the local file is right, replicate it under another name (haduck.name)");
    }
    requireHistory(known, head);
    if (known.detached()) {
      throw new DivergedException(
          files.database()
              + " was restored to an earlier point of "
              + replica
              + ": to seq "
              + known.committed().seq()
              + " with "
              + known.wal()
              + " bytes of WAL, while the head is seq "
              + head.position().seq()
              + " with "
              + head.wal().length()
              + ". Opening it as its writer would mix two histories: open it with plain jdbc:duckdb: to look at it, or"
              + " replicate it under another name (haduck.name)");
    }
    boolean recorded =
        head.position().equals(known.committed()) || head.position().equals(known.intent());
    FileStamp stamp = FileStamp.of(files.database());
    if (!stamp.isSameFile(known.stamp())) {
      throw new DivergedException(
          sides
              + ": the local file is not the one that "
              + files.record()
              + " describes (another inode: it was copied or replaced). Nothing was changed. Move it and its WAL away"
              + " and the replica will be restored, or replicate it under another name (haduck.name)");
    }
    try (FoundDatabase found = FoundDatabase.look(files)) {
      requireSameDatabase(found, head, sides);
      return recorded
          ? judgeRecorded(known, head, stamp, found, sides)
          : judgeByContent(
              head,
              found,
              sides
                  + ": the local file is at seq "
                  + known.committed().seq()
                  + ", another writer has added to the log since, and the local file may hold changes"
                  + " of its own");
    }
  }

  /** The head is what the record says that this file was, or was about to be. */
  private Verdict judgeRecorded(
      LocalRecord known, LogState head, FileStamp stamp, FoundDatabase found, String sides)
      throws IOException {
    if (found.iteration() > head.identity().iteration()) {
      return Verdict.DESCENDANT;
    }
    if (found.iteration() < head.identity().iteration()) {
      return judgeByContent(
          head,
          found,
          sides
              + ": the local file is at iteration "
              + found.iteration()
              + ", the replica at iteration "
              + head.identity().iteration()
              + ": its content was replaced or rolled back");
    }
    WalComparison wal = found.compare(head.wal(), fetcher);
    if (!wal.localHoldsAll()) {
      return judgeByContent(
          head, found, sides + ": the local file's WAL is not what the replica holds");
    }
    // Also where it was the intent that landed: if nothing was written to the file since what was
    // committed before, and the headers stayed, then only the WAL was added to.
    boolean unchanged =
        stamp.equals(known.stamp())
            && FileProof.headers(found.headers()).equals(known.headers())
            && found.hasHeaders(head.headers())
            && found.hasMetadata(known);
    return unchanged ? Verdict.UNCHANGED : Verdict.DESCENDANT;
  }

  /** Whatever the record says: all of the file is hashed and looked for in the log. */
  private Verdict judgeByContent(LogState head, FoundDatabase found, String problem)
      throws IOException {
    Standing standing = Standing.of(found, replicationLog, head, fetcher);
    if (standing.holdsHead()) {
      return Verdict.DESCENDANT;
    }
    if (!standing.isBehind()) {
      throw new DivergedException(
          problem
              + " ("
              + standing.difference()
              + "). Nothing was changed. If the local file holds nothing that is wanted, move it and its WAL away:"
              + " the replica will be restored. To keep it, replicate it under another name (haduck.name)");
    }
    if (restorePolicy == RestorePolicy.NEVER) {
      throw new DivergedException(
          problem
              + ". The replica holds all of it ("
              + standing.difference()
              + ") and would be restored over it, but restore=never. Set restore=if_missing, or restore"
              + " it by hand");
    }
    return Verdict.FAST_FORWARD;
  }

  private static void requireSameDatabase(FoundDatabase found, LogState head, String sides) {
    String identifier = found.headers().main().databaseIdentifier();
    // Raising the storage version rewrites the main header and gives the database another
    // identifier.
    boolean sameDatabase =
        identifier.equals(head.identity().identifier())
            || found.headers().active().storageVersion() != head.identity().storageVersion();
    if (!sameDatabase) {
      throw new DivergedException(
          sides
              + ": the local file holds database "
              + identifier
              + ", the replica database "
              + head.identity().identifier()
              + ": its content was replaced. Nothing was changed. Move it and its WAL away and the"
              + " replica will be restored, or replicate it under another name (haduck.name)");
    }
  }

  /** The log must still contain what this file was, or history has been lost. */
  private void requireHistory(LocalRecord known, LogState head) {
    if (!known.lineage().equals(head.lineage())) {
      throw new DivergedException(
          files.database()
              + " belongs to lineage "
              + known.lineage()
              + " (seq "
              + known.committed().seq()
              + "), "
              + replica
              + " now holds lineage "
              + head.lineage()
              + ": two histories. Nothing was changed. Replicate the file under another name (haduck.name), or move it"
              + " away and the replica will be restored");
    }
    LogPosition committed = known.committed();
    if (head.position().seq() < committed.seq()) {
      throw lost(known, "ends at seq " + head.position().seq());
    }
    if (head.position().seq() == committed.seq() && !head.position().equals(committed)) {
      throw lost(known, "has another changeset at seq " + committed.seq());
    }
  }

  private DivergedException lost(LocalRecord known, String what) {
    return new DivergedException(
        replica
            + " has lost history: "
            + files.record()
            + " knows seq "
            + known.committed().seq()
            + " of lineage "
            + known.lineage()
            + ", but the replica "
            + what
            + ". Was it emptied, expired by a lifecycle rule, or rolled back? Nothing was changed. To begin a new log"
            + " from the local file, choose another name (haduck.name) or prefix");
  }

  private void requireNoStrayWal() {
    if (files.walExists()) {
      throw new LocalFileException(
          files.wal().wal()
              + " (or its .checkpoint or .recovery) exists without its database; it may hold"
              + " commits. Move it away and try again");
    }
  }

  private void requireNotEmptyFile() throws IOException {
    if (Files.size(files.database()) == 0) {
      throw new LocalFileException(
          files.database() + " is an empty file, which is no database; delete it and try again");
    }
  }

  private static String describe(Optional<LocalRecord> record) {
    return record
        .map(
            known ->
                "last at seq "
                    + known.committed().seq()
                    + " of "
                    + known.replica()
                    + ", lineage "
                    + known.lineage())
        .orElse("unknown");
  }
}
