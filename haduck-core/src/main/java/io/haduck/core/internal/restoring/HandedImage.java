package io.haduck.core.internal.restoring;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseInUseException;
import io.haduck.core.internal.duckdb.WalFiles;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole copy of a database, at one state of its log, that somebody has let go of: it becomes the
 * database by being renamed, so that nothing is fetched or written again.
 *
 * <p>It gets one of the names under which a restore writes aside, and is put in place as what was
 * restored. A kill between leaves what was there, or the copy in its place; what has a name aside
 * is deleted by the next opening, for the replica holds all of it.
 *
 * @param database its file, synced, which nobody has open; its write-ahead log beside it, likewise
 * @param seq of the state
 * @param digest of that changeset, in hexadecimal digits
 */
public record HandedImage(Path database, long seq, String digest) {
  private static final Logger log = LoggerFactory.getLogger(HandedImage.class);

  /** Whether it is there, and holds that state. */
  public boolean holds(LogState state) {
    return state.position().seq() == seq
        && state.position().digest().hex().equals(digest)
        && Files.exists(database);
  }

  /**
   * Makes it the database, under the database's process lock.
   *
   * @param state that it holds
   * @param replica that it is of
   * @param guard asked before what is there is replaced
   * @param steps told before each change to a file
   * @return under which name what was there is kept; null if nothing was, or it is not kept
   * @throws LocalFileException if somebody has what is to be replaced open
   * @throws IOException if it cannot be renamed to its place, as to another file system; then what
   *     was there is there still, or the record names what has replaced it
   */
  public @Nullable Path place(
      LocalFiles files, LogState state, String replica, RestoredFiles.Guard guard, FileSteps steps)
      throws IOException {
    Restoration.settle(files);
    AsideFiles.deleteLeftovers(files);
    Path image = files.beside(AsideFiles.name());
    Path wal =
        state.wal().length() == 0 ? null : image.resolveSibling(image.getFileName() + ".wal");
    try {
      FileRights rights = FileRights.of(files.database());
      take(image, wal, rights, steps);
      LocalRecord record = Restoration.recordOf(image, RestorePoint.head(state), replica);
      var placed = new RestoredFiles(files, image, wal, record, rights, steps);
      Path kept = files.databaseExists() ? placed.replace(guard) : placed.create(guard);
      DurableDirectories.sync(files.directory());
      DatabaseFiles.open(files.database()); // no longer by the name that it had aside
      rights.lostBy(files.database(), files.database()).ifPresent(log::warn);
      return kept;
    } catch (DatabaseInUseException e) {
      throw new LocalFileException("cannot be replaced: " + e.getMessage(), e);
    } finally {
      DatabaseFiles.letGo(image);
      Restoration.deleteQuietly(image);
      Restoration.deleteQuietly(wal);
    }
  }

  private void take(Path image, @Nullable Path wal, FileRights rights, FileSteps steps)
      throws IOException {
    DatabaseFiles.letGo(database); // who copied it has read it by that name
    if (wal != null) {
      steps.before("take the copy's WAL");
      Files.move(WalFiles.of(database).wal(), wal, StandardCopyOption.ATOMIC_MOVE);
      rights.give(wal);
    }
    steps.before("take the copy");
    Files.move(database, image, StandardCopyOption.ATOMIC_MOVE);
    rights.give(image);
  }

  /** Deletes what is left of it. Never fails. */
  public void discard() {
    Restoration.deleteQuietly(WalFiles.of(database).wal());
    Restoration.deleteQuietly(database);
  }
}
