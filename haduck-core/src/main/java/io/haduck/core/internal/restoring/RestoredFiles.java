package io.haduck.core.internal.restoring;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFileLock;
import io.haduck.core.internal.duckdb.DatabaseInUseException;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.local.ReservedName;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a database that was restored aside in its place, with its write-ahead log.
 *
 * <p>The order is such that every state between is a committed one
 * (docs/internals/duckdb-files.md#replacing-a-database): the old WAL goes for good, the database
 * comes, then its WAL. While the WAL is missing, the new database is locked as DuckDB locks it, so
 * that no other process opens it and begins a WAL of its own.
 *
 * @param image the database: complete, synced, beside its place
 * @param wal its write-ahead log, likewise; null if it has none
 * @param record that is true once the database is in its place
 * @param rights of image and WAL, and so of the record
 * @param steps told before each change to a file
 */
public record RestoredFiles(
    LocalFiles files,
    Path image,
    @Nullable Path wal,
    LocalRecord record,
    FileRights rights,
    FileSteps steps) {
  private static final Logger log = LoggerFactory.getLogger(RestoredFiles.class);

  /** Knows what must not be replaced, or not without keeping it. */
  @FunctionalInterface
  public interface Guard {
    /**
     * Asks, just before the first change to what is there, while nobody else can open it.
     *
     * @return under which name all of it is kept; null if it is not
     * @throws LocalFileException if what is there must not be replaced
     */
    @Nullable Path beforeReplacing() throws IOException;

    /** Does not mind. */
    static Guard unguarded() {
      return () -> null;
    }
  }

  /**
   * No database is there: a hard link fails if one has appeared meanwhile, a rename would hide it.
   * Where the file system has no hard links, an empty file takes the name before.
   *
   * @param guard asked about a write-ahead log that is there all the same
   * @return what it said
   */
  @Nullable Path create(Guard guard) throws IOException {
    try (DatabaseFileLock begun = lockImage()) {
      Path kept = guard.beforeReplacing();
      clearWal(kept != null);
      // First, so that a kill between the two leaves no database that nobody knows; a record
      // without a database means that it is restored again.
      steps.before("write the record");
      record.writeSynced(files.record(), rights);
      steps.before("link the database");
      try {
        Files.createLink(files.database(), image);
      } catch (FileAlreadyExistsException e) {
        throw ReservedName.appeared(files.database(), e);
      } catch (IOException | UnsupportedOperationException e) {
        log.debug("{} cannot be linked, it is renamed", image, e);
        createWithoutLink();
      }
      steps.before("sync the database's name");
      DurableDirectories.sync(files.directory());
      moveWal(begun);
      Files.deleteIfExists(files.nextRecord());
      return kept;
    }
  }

  private void createWithoutLink() throws IOException {
    steps.before("write the next record");
    record.writeSynced(files.nextRecord(), rights);
    DurableDirectories.sync(files.directory());
    ReservedName.take(files, image, steps);
  }

  /**
   * Replaces a database that nobody has open.
   *
   * @param guard asked once nobody else can open it any more
   * @return what it said
   */
  @Nullable Path replace(Guard guard) throws IOException {
    steps.before("write the next record");
    record.writeSynced(files.nextRecord(), rights);
    DurableDirectories.sync(files.directory());
    // Without this lock another process goes on writing to a file that has no name any more.
    try (DatabaseFileLock held = acquire();
        DatabaseFileLock begun = lockImage()) {
      Path kept = guard.beforeReplacing();
      clearWal(kept != null);
      keepRights(FileRights.of(held.path()));
      steps.before("rename the database");
      Files.move(
          image, held.path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      steps.before("sync the database's name");
      DurableDirectories.sync(files.directory());
      moveWal(begun);
      steps.before("rename the record");
      Files.move(
          files.nextRecord(),
          files.record(),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      DurableDirectories.sync(files.directory());
      return kept;
    }
  }

  /** Of a database that is in use nothing is to come. */
  private DatabaseFileLock acquire() throws IOException {
    try {
      return DatabaseFileLock.acquire(files.database());
    } catch (DatabaseInUseException e) {
      Files.deleteIfExists(files.nextRecord());
      throw e;
    }
  }

  /** Somebody may have changed them while the image was written. */
  private void keepRights(FileRights now) throws IOException {
    if (!now.equals(rights)) {
      now.give(image);
      if (wal != null) {
        now.give(wal);
      }
    }
  }

  private @Nullable DatabaseFileLock lockImage() throws IOException {
    return wal == null ? null : DatabaseFileLock.acquire(image);
  }

  private void moveWal(@Nullable DatabaseFileLock whileLocked) throws IOException {
    if (wal != null && whileLocked != null) {
      steps.before("rename the WAL");
      Files.move(wal, files.wal().wal(), StandardCopyOption.ATOMIC_MOVE);
      steps.before("sync the WAL's name");
      DurableDirectories.sync(files.directory());
    }
  }

  /**
   * A new file with an old WAL would open silently with wrong rows, so the old WAL goes first, for
   * good; its later parts before its earlier one. The two rarer files are kept under another name,
   * should someone want to look at them.
   *
   * @param kept whether all of it has another name already
   */
  private void clearWal(boolean kept) throws IOException {
    boolean moved = clearStray(files.wal().recovery(), kept);
    moved |= clearStray(files.wal().checkpoint(), kept);
    if (moved) {
      steps.before("sync the strays' names");
      DurableDirectories.sync(files.directory());
    }
    steps.before("delete the old WAL");
    if (Files.deleteIfExists(files.wal().wal())) {
      steps.before("sync the old WAL's end");
      DurableDirectories.sync(files.directory());
    }
  }

  private boolean clearStray(Path stray, boolean kept) throws IOException {
    if (!Files.exists(stray)) {
      return false;
    }
    String name = stray.getFileName().toString();
    if (kept) {
      steps.before("delete " + name);
      Files.delete(stray);
      return true;
    }
    Path aside =
        files.beside(".stray-" + UUID.randomUUID() + name.substring(name.lastIndexOf('.')));
    steps.before("move " + name + " aside");
    Files.move(stray, aside);
    log.warn("{} was in the way of a restore; it is now {}", stray, aside);
    return true;
  }
}
