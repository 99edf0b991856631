package io.haduck.core.internal.restoring;

import io.haduck.core.internal.duckdb.DatabaseFileLock;
import io.haduck.core.internal.duckdb.DatabaseInUseException;
import io.haduck.core.internal.duckdb.WalFiles;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a restore leaves that was killed after it had given a database a second name, and before it
 * replaced it: two names of one file. Whoever opened it by one of them would change what the other
 * is to keep; and the write-ahead log may be there under the second name only. So the second name
 * is taken back before anything else is done, and all is as it was before the restore.
 *
 * <p>For the holder of the process lock, before DuckDB opens the file.
 */
public final class SharedFile {
  private static final Logger log = LoggerFactory.getLogger(SharedFile.class);

  private final LocalFiles files;

  private SharedFile(LocalFiles files) {
    this.files = files;
  }

  /** Looks for second names, and takes them back; costs a call of stat where there is none. */
  public static void separate(LocalFiles files) throws IOException {
    if (files.databaseExists() && mayHaveSecondName(files.database())) {
      for (Path second : KeptFiles.allKept(files)) {
        if (Files.isSameFile(second, files.database())) {
          new SharedFile(files).takeBack(second);
        }
      }
    }
  }

  private static boolean mayHaveSecondName(Path database) throws IOException {
    try {
      return ((Number) Files.getAttribute(database, "unix:nlink")).intValue() > 1;
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return true;
    }
  }

  private void takeBack(Path second) throws IOException {
    try (DatabaseFileLock held = DatabaseFileLock.acquire(files.database())) {
      takeBackLocked(held.path(), second);
    } catch (DatabaseInUseException e) {
      log.warn(
          "{} and {} are one file, since a restore was killed; somebody has it open, so it stays so. Do not open {}"
              + " before haduck has opened {}: {}",
          files.database(),
          second,
          second,
          files.database(),
          e.getMessage());
    }
  }

  private void takeBackLocked(Path locked, Path second) throws IOException {
    WalFiles own = files.wal();
    Map<Path, Path> wals =
        Map.of(
            LocalFiles.beside(second, ".wal"), own.wal(),
            LocalFiles.beside(second, ".wal.checkpoint"), own.checkpoint(),
            LocalFiles.beside(second, ".wal.recovery"), own.recovery());
    boolean untouched = isUntouched(locked);
    List<Path> taken = new ArrayList<>();
    List<Path> left = new ArrayList<>();
    for (Map.Entry<Path, Path> wal : wals.entrySet()) {
      if (!Files.exists(wal.getKey())) {
        continue;
      }
      if (!Files.exists(wal.getValue()) && untouched) {
        Files.createLink(wal.getValue(), wal.getKey());
      }
      boolean same = Files.exists(wal.getValue()) && Files.isSameFile(wal.getKey(), wal.getValue());
      (same ? taken : left).add(wal.getKey());
    }
    DurableDirectories.sync(files.directory());
    Files.delete(second);
    for (Path name : taken) {
      Files.delete(name);
    }
    Files.deleteIfExists(LocalFiles.beside(second, ".haduck"));
    DurableDirectories.sync(files.directory());
    if (left.isEmpty()) {
      log.info(
          "{} is as it was before a restore that was killed: {} was another name of the same file",
          files.database(),
          second);
    } else {
      log.warn(
          "{} was opened after a restore of it was killed, without its write-ahead log, which is kept as {}. What was"
              + " committed there and never sent is in that file alone: keep it",
          files.database(),
          left);
    }
  }

  /** The restore wrote {@code F.haduck-next} before it touched anything. */
  private boolean isUntouched(Path database) throws IOException {
    Path next = files.nextRecord();
    return Files.exists(next)
        && Files.getLastModifiedTime(database).compareTo(Files.getLastModifiedTime(next)) <= 0;
  }
}
