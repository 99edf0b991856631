package io.haduck.core.replica;

import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.RestorePolicy;
import io.haduck.core.duckdb.DatabaseFile;
import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.duckdb.FreeList;
import io.haduck.core.duckdb.HeaderMovedException;
import io.haduck.core.log.LogPosition;
import io.haduck.core.log.LogState;
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
  private final RestorePolicy restorePolicy;

  Opening(LocalFiles files, String replica, RestorePolicy restorePolicy) {
    this.files = files;
    this.replica = replica;
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
    /** The file is the head's state, nothing needs to be read. */
    UNCHANGED,
    /**
     * The file is of this history, at the head or after it: all blocks are hashed, the difference
     * sent.
     */
    DESCENDANT
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
              + " was restored to seq "
              + known.committed().seq()
              + ", an earlier point of "
              + replica
              + ", whose head is seq "
              + head.position().seq()
              + ". Opening it as its writer would mix two histories: open it with plain jdbc:duckdb: to look at it, or"
              + " replicate it under another name (haduck.name)");
    }
    if (!head.position().equals(known.committed()) && !head.position().equals(known.intent())) {
      throw new DivergedException(
          sides
              + ": the local file is at seq "
              + known.committed().seq()
              + ", another writer has added to the log since. Nothing was changed. If the local file holds nothing of"
              + " its own, move it and its WAL away: the replica will be restored");
    }
    FileStamp stamp = FileStamp.of(files.database());
    if (!stamp.isSameFile(known.stamp())) {
      throw new DivergedException(
          sides
              + ": the local file is not the one that "
              + files.record()
              + " describes (another inode: it was copied or replaced). Nothing was changed. Move it and its WAL away"
              + " and the replica will be restored, or replicate it under another name (haduck.name)");
    }
    return judgeOurs(known, head, stamp, sides);
  }

  private Verdict judgeOurs(LocalRecord known, LogState head, FileStamp stamp, String sides)
      throws IOException {
    DatabaseFile file = DatabaseFile.open(files.database());
    DatabaseHeaders headers = file.readHeaders();
    String identifier = headers.main().databaseIdentifier();
    long iteration = headers.active().iteration();
    // Raising the storage version rewrites the main header and gives the database another
    // identifier.
    boolean sameDatabase =
        identifier.equals(head.identity().identifier())
            || headers.active().storageVersion() != head.identity().storageVersion();
    if (!sameDatabase || iteration < head.identity().iteration()) {
      throw new DivergedException(
          sides
              + ": the local file holds database "
              + identifier
              + " at iteration "
              + iteration
              + ", the replica database "
              + head.identity().identifier()
              + " at iteration "
              + head.identity().iteration()
              + ": its content was replaced or rolled back. Nothing was changed. Move it and its WAL away and the"
              + " replica will be restored, or replicate it under another name (haduck.name)");
    }
    boolean unchanged =
        head.position().equals(known.committed())
            && stamp.equals(known.stamp())
            && !files.walExists()
            && FileProof.headers(headers).equals(known.headers())
            && metadataUnchanged(file, headers, known);
    return unchanged ? Verdict.UNCHANGED : Verdict.DESCENDANT;
  }

  private static boolean metadataUnchanged(
      DatabaseFile file, DatabaseHeaders headers, LocalRecord known) throws IOException {
    try {
      return FileProof.metadata(file, headers, FreeList.read(file, headers))
          .equals(known.metadata());
    } catch (HeaderMovedException e) {
      return false; // someone has it open: the slow way is right either way
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
