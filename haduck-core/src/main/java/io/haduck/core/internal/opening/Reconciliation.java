package io.haduck.core.internal.opening;

import io.haduck.core.DivergedException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.fetch.EmptyReplica;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileProof;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.settings.RestorePolicy;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Judges where a local database stands in the log, before DuckDB opens it.
 *
 * <p>What can be proven is a {@link Verdict}; what cannot is an error that says what either side
 * has, and changes nothing. The table of all states is in docs/internals/opening.md.
 */
final class Reconciliation {
  private static final String DECIDE =
      " Nothing was changed. If the replica is right, move the local database and its WAL away (or set"
          + " haduck.on_diverge=restore, which does that): it will be restored. If the local file is right, replicate"
          + " it under another name (haduck.name)";

  private final LocalFiles files;
  private final ObjectStore store;
  private final String replica;
  private final ReplicationLog replicationLog;
  private final RangeFetcher fetcher;
  private final OpeningPolicy policy;
  private final RecordedHistory history;

  /**
   * @param fetcher reads pieces of the log's WAL where their hashes do not tell enough
   */
  Reconciliation(
      LocalFiles files,
      ObjectStore store,
      ReplicationLog replicationLog,
      RangeFetcher fetcher,
      OpeningPolicy policy) {
    this.files = files;
    this.store = store;
    this.replica = store.toString();
    this.replicationLog = replicationLog;
    this.fetcher = fetcher;
    this.policy = policy;
    this.history = new RecordedHistory(files, replica, replicationLog);
  }

  /**
   * Judges.
   *
   * @param record of the local file, if there is one that can be read
   * @param head of the log, empty if it has no changeset
   * @throws DivergedException if the log has lost history, or what is needed is not allowed
   * @throws LocalFileException if the local files are no database
   */
  Judgement judge(Optional<LocalRecord> record, Optional<LogState> head) throws IOException {
    history.require(record, head);
    LocalRecord known = history.known(record, head);
    if (head.isEmpty() && policy.restore() == RestorePolicy.REQUIRED) {
      throw new InvalidConfigurationException(
          EmptyReplica.text(store)
              + ". And restore=required: it must hold the database of "
              + files.database()
              + " already. Nothing was changed. To begin this replica, open it once with restore=if_missing");
    }
    if (!files.databaseExists()) {
      requireNoStrayWal();
      return head.isEmpty() ? Judgement.of(Verdict.NEW) : judgeMissing(known, head.get());
    }
    requireNotEmptyFile();
    return head.isEmpty()
        ? Judgement.of(Verdict.ADOPT)
        : judgePresent(record.orElse(null), known, head.get());
  }

  private Judgement judgeMissing(@Nullable LocalRecord known, LogState head) {
    if (known != null && !known.lineage().equals(head.lineage())) {
      throw new DivergedException(otherLineage(known, head));
    }
    if (policy.restore() == RestorePolicy.NEVER) {
      throw new DivergedException(
          files.database()
              + " does not exist, "
              + replica
              + " holds a database at seq "
              + head.position().seq()
              + ", and restore=never. Set restore=if_missing, restore it by hand, or name"
              + " another replica");
    }
    return Judgement.of(Verdict.RESTORE);
  }

  private Judgement judgePresent(
      @Nullable LocalRecord record, @Nullable LocalRecord known, LogState head) throws IOException {
    String sides = sides(record, head);
    if (known != null && !known.lineage().equals(head.lineage())) {
      return Judgement.diverged(otherLineage(known, head));
    }
    FileStamp stamp = FileStamp.of(files.database());
    boolean sameFile = known != null && stamp.isSameFile(known.stamp());
    boolean rewound =
        known != null && head.position().equals(known.intent()) && head.kind().hasHeaders();
    if (known != null && known.detached() && !rewound) {
      return judgeDetached(known, sameFile, head, sides);
    }
    try (FoundDatabase found = FoundDatabase.observe(files)) {
      String other = otherDatabase(found, head, sides);
      if (other != null) {
        return Judgement.diverged(other);
      }
      if (known == null) {
        return judgeByContent(
            head,
            found,
            sides
                + " are not known to belong together: "
                + (record != null
                    ? files.record() + " names another replica"
                    : "there is no usable " + files.record()));
      }
      if (!sameFile) {
        return judgeByContent(
            head,
            found,
            sides
                + ": the local file is not the one that "
                + files.record()
                + " describes (another inode: it was copied or replaced)");
      }
      if (head.position().equals(known.committed()) || head.position().equals(known.intent())) {
        return judgeRecorded(known, head, stamp, found, sides);
      }
      if (isClosedAside(known, stamp, found)) {
        return fastForward(
            Verdict.FAST_FORWARD_KEEPING,
            sides + ": the replica has moved on",
            "all but DuckDB's own closing checkpoint");
      }
      boolean asRecorded = found.isAs(known, stamp) && history.hasGoneOnFrom(known);
      return judgeByContent(
          head,
          found,
          sides
              + ": the local file is at seq "
              + known.committed().seq()
              + ", another writer has added to the log since, and the local file may hold changes"
              + " of its own",
          asRecorded);
    }
  }

  /**
   * Whether nothing but a checkpoint by which DuckDB closed the file tells it from what is in the
   * log. The rows are not compared.
   */
  private boolean isClosedAside(LocalRecord known, FileStamp stamp, FoundDatabase found)
      throws IOException {
    return known.closed() != null
        && found.isAs(known.closed(), stamp)
        && replicationLog
            .read(known.committed().seq())
            .filter(changeset -> changeset.position().equals(known.committed()))
            .isPresent();
  }

  private Judgement judgeDetached(LocalRecord known, boolean sameFile, LogState head, String sides)
      throws IOException {
    if (policy.rewind() && sameFile) {
      try (FoundDatabase found = FoundDatabase.observe(files)) {
        requireAllRestored(found, known, head, sides);
      }
      return Judgement.of(Verdict.REWIND, known);
    }
    throw new DivergedException(
        files.database()
            + " was restored to an earlier point of "
            + replica
            + ": to seq "
            + known.committed().seq()
            + (sameFile ? "" : " (and copied or replaced since)")
            + " with "
            + known.wal()
            + " bytes of WAL, while the head is seq "
            + head.position().seq()
            + " with "
            + head.wal().length()
            + ". Opening it as its writer would mix two histories. To look at it, open it with plain jdbc:duckdb:. To make"
            + " it the head again, and undo what came after (which stays in the log), call Haduck.rewind. To go on"
            + " with it beside the other, replicate it under another name (haduck.name)");
  }

  /** A restore that was killed before its WAL was in place is not what is to become the head. */
  private void requireAllRestored(
      FoundDatabase found, LocalRecord known, LogState head, String sides) {
    String other = otherDatabase(found, head, sides);
    if (other != null) {
      throw new DivergedException(other);
    }
    boolean all =
        found.iteration() > known.iteration()
            || (found.iteration() == known.iteration() && found.walLength() >= known.wal());
    if (!all) {
      throw new DivergedException(
          files.database()
              + " holds less than was restored: it is at iteration "
              + found.iteration()
              + " with "
              + found.walLength()
              + " bytes of WAL, but was restored to iteration "
              + known.iteration()
              + " with "
              + known.wal()
              + ". Was the restore killed, or the WAL deleted? Nothing was changed. Restore it again, then rewind");
    }
  }

  /** The head is what the record says that this file was, or was about to be. */
  private Judgement judgeRecorded(
      LocalRecord known, LogState head, FileStamp stamp, FoundDatabase found, String sides)
      throws IOException {
    if (found.iteration() > head.identity().iteration()) {
      return found.mayFollow(head)
          ? Judgement.of(Verdict.DESCENDANT, known.attached())
          : judgeByContent(
              head,
              found,
              sides
                  + ": the local file is one checkpoint further than the replica, and that before it was not the"
                  + " replica's: its content was replaced");
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
    if (!found.hasHeaders(head.headers())) {
      // As DuckDB rewrites the main header, without a checkpoint.
      return Judgement.of(Verdict.DESCENDANT, known.attached());
    }
    WalComparison wal = found.compare(head.wal(), fetcher);
    if (!wal.localHoldsAll()) {
      return judgeByContent(
          head, found, sides + ": the local file's WAL is not what the replica holds");
    }
    // Also where it was the intent that landed: if nothing was written to the file since what was
    // committed before, and the headers stayed, then only the WAL was added to.
    boolean recorded =
        stamp.size() >= known.stamp().size()
            && FileProof.headers(found.headers()).equals(known.headers())
            && found.hasMetadata(known.metadata());
    if (!recorded) {
      return judgeByContent(
          head, found, sides + ": the local file's metadata are not as they were recorded");
    }
    return Judgement.of(
        stamp.equals(known.stamp()) ? Verdict.UNCHANGED : Verdict.RECORDED, known.attached());
  }

  /** Whatever the record says: all of the file is hashed and looked for in the log. */
  private Judgement judgeByContent(LogState head, FoundDatabase found, String problem)
      throws IOException {
    return judgeByContent(head, found, problem, false);
  }

  /**
   * As the other method.
   *
   * @param asRecorded whether the record says that all of it was committed, and nothing was written
   *     since: that counts where the log does not tell any more
   */
  private Judgement judgeByContent(
      LogState head, FoundDatabase found, String problem, boolean asRecorded) throws IOException {
    DatabaseComparison comparison = DatabaseComparison.of(found, replicationLog, head, fetcher);
    if (comparison.holdsHead()) {
      return Judgement.of(Verdict.PROVEN, found.record(head, replica));
    }
    if (asRecorded && comparison.untold()) {
      return fastForward(
          Verdict.FAST_FORWARD_KEEPING,
          problem,
          "all that was committed, by its record; and nothing was written since");
    }
    if (!comparison.isBehind()) {
      return Judgement.diverged(problem + " (" + comparison.difference() + ")." + DECIDE);
    }
    return fastForward(Verdict.FAST_FORWARD, problem, comparison.difference());
  }

  private Judgement fastForward(Verdict verdict, String problem, String difference) {
    if (policy.restore() == RestorePolicy.NEVER) {
      throw new DivergedException(
          problem
              + ". The replica holds all of it ("
              + difference
              + ") and would be restored over it, but restore=never. Set restore=if_missing, or restore"
              + " it by hand");
    }
    return Judgement.of(verdict);
  }

  /** Null if both may be of one database. */
  private static @Nullable String otherDatabase(FoundDatabase found, LogState head, String sides) {
    String identifier = found.headers().main().databaseIdentifier();
    return mayBeSameDatabase(found.headers(), head)
        ? null
        : sides
            + ": the local file holds database "
            + identifier
            + ", the replica database "
            + head.identity().identifier()
            + ": its content was replaced."
            + DECIDE;
  }

  /** Raising the storage version rewrites the main header and gives the database another name. */
  static boolean mayBeSameDatabase(DatabaseHeaders headers, LogState head) {
    return headers.main().databaseIdentifier().equals(head.identity().identifier())
        || headers.active().storageVersion() != head.identity().storageVersion();
  }

  private String otherLineage(LocalRecord known, LogState head) {
    return files.database()
        + " belongs to lineage "
        + known.lineage()
        + " (seq "
        + known.committed().seq()
        + "), "
        + replica
        + " now holds lineage "
        + head.lineage()
        + " (seq "
        + head.position().seq()
        + "): two histories."
        + DECIDE;
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

  private String sides(@Nullable LocalRecord record, LogState head) {
    String local =
        record == null
            ? "unknown"
            : "last at seq "
                + record.committed().seq()
                + " of "
                + record.replica()
                + ", lineage "
                + record.lineage();
    return files.database()
        + " ("
        + local
        + ") and "
        + replica
        + " (seq "
        + head.position().seq()
        + ", lineage "
        + head.lineage()
        + ", written "
        + head.time()
        + ")";
  }
}
