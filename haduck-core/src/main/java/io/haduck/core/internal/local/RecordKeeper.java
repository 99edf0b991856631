package io.haduck.core.internal.local;

import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.watch.Observation;
import java.io.IOException;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@code F.haduck} true: what the local file is in the log, and what is about to be
 * committed. For the one thread of its writer.
 */
public final class RecordKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RecordKeeper.class);

  private final LocalFiles files;
  private final String replica;
  private @Nullable LocalRecord record;
  private @Nullable LogPosition intentBeforeEpoch;
  private @Nullable RecordJournal journal;

  public RecordKeeper(LocalFiles files, String replica) {
    this.files = files;
    this.replica = replica;
  }

  /** Begins with what was read or restored; null if nothing is known of the file yet. */
  public void start(@Nullable LocalRecord known) {
    record = known;
    intentBeforeEpoch = known == null ? null : known.intent();
  }

  /**
   * Notes what is about to be written to the log, before it is: a process that is killed finds its
   * own commit again by it.
   *
   * @throws LocalFileException if that fails; then nothing must be written to the log
   */
  public void intend(UUID lineage, LogPosition position) {
    LocalRecord known = record;
    if (known == null) {
      if (!files.databaseExists()) {
        return;
      }
      known = ofNewFile(lineage);
    }
    RecordJournal open = journal;
    if (open != null && !position.equals(known.intent()) && open.append(position)) {
      record = known.withIntent(position);
      return;
    }
    writeIntent(known, position);
  }

  /**
   * The EPOCH that was intended can never land. What was faster may be the last PUT of this file's
   * own writer, which was killed and whose request was slow: its intent must be known again.
   */
  public void takeBackEpoch() {
    LocalRecord known = record;
    if (known != null) {
      writeIntent(known, intentBeforeEpoch);
    }
  }

  private void writeIntent(LocalRecord known, @Nullable LogPosition position) {
    if (!Objects.equals(position, known.intent())) {
      LocalRecord changed = known.withIntent(position);
      write(changed);
      record = changed; // only now: had it failed, the next attempt must write it too
    }
  }

  private void write(LocalRecord changed) {
    closeJournal();
    changed.write(files.record(), rights());
    journal = RecordJournal.open(files.record());
  }

  private FileRights rights() {
    try {
      return FileRights.of(files.database());
    } catch (IOException e) {
      throw new LocalFileException("cannot write " + files.record() + ": " + e, e);
    }
  }

  /** By which the next opening knows the file again, should the BASE land and this process end. */
  private LocalRecord ofNewFile(UUID lineage) {
    try {
      return new LocalRecord(
          lineage,
          replica,
          LogPosition.START,
          0,
          0,
          Digest.ZERO,
          Digest.ZERO,
          FileStamp.of(files.database()),
          null,
          false);
    } catch (IOException e) {
      throw new LocalFileException("cannot read " + files.database() + ": " + e, e);
    }
  }

  /**
   * A changeset that holds nothing new of the database was committed, such as an EPOCH: the file is
   * what it was, at another place in the log.
   */
  public void committedNothingNew(LogState after) {
    LocalRecord known = record;
    if (known != null) {
      remember(
          new LocalRecord(
              known.lineage(),
              replica,
              after.position(),
              known.iteration(),
              known.detached() ? known.wal() : after.wal().length(),
              known.headers(),
              known.metadata(),
              known.stamp(),
              null,
              known.detached())); // until the changeset that rewinds the log is in it
    }
  }

  /** What was observed is in the log. */
  public void committed(LogState after, Observation seen, FileStamp stamp) {
    Digest headers = FileProof.headers(seen.headers());
    LocalRecord known = record;
    // Commits in the WAL leave the metadata blocks alone, and hashing those of a large database
    // would cost more than a small commit does.
    boolean sameMetadata =
        known != null && after.kind() == ChangesetKind.WAL && known.headers().equals(headers);
    LocalRecord now =
        new LocalRecord(
            after.lineage(),
            replica,
            after.position(),
            seen.iteration(),
            after.wal().length(),
            headers,
            known != null && sameMetadata
                ? known.metadata()
                : FileProof.metadata(seen.freeList(), after.index()),
            known != null && sameMetadata ? known.stamp() : stamp,
            null,
            false);
    if (sameMetadata && journal != null) {
      record = now; // the next intent will tell that this one was committed
    } else {
      remember(now);
    }
  }

  /**
   * DuckDB has closed the file, and the log holds it: notes how the file looks now, so that opening
   * it again need not read it.
   */
  public void closed(DatabaseHeaders headers) throws IOException {
    LocalRecord known = record;
    if (known != null && known.headers().equals(FileProof.headers(headers))) {
      remember(known.withStamp(FileStamp.of(files.database())));
    }
  }

  /**
   * DuckDB has closed the file with a checkpoint that the log does not have, of nothing but what
   * the log holds at the last commit: whoever opens it next need not take it for changes of its
   * own.
   */
  public void closedAside(ClosedFile file) {
    LocalRecord known = record;
    if (known != null) {
      remember(known.withClosed(file));
    }
  }

  /** Losing the record costs time at the next opening, so a failure here undoes no commit. */
  private void remember(LocalRecord newRecord) {
    record = newRecord;
    try {
      write(newRecord);
    } catch (HaduckException e) {
      log.warn("{}; the next opening will have to read the whole database", e.getMessage());
    }
  }

  private void closeJournal() {
    RecordJournal open = journal;
    journal = null;
    if (open != null) {
      open.close();
    }
  }

  /** Frees what is open. */
  @Override
  public void close() {
    closeJournal();
  }
}
