package io.haduck.core.replica;

import io.haduck.core.LocalFileException;
import io.haduck.core.duckdb.WalFiles;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Keeps a database that has diverged, before the replica is restored in its place: gives it and its
 * WAL files second names, {@code F.diverged-{time}} and {@code F.diverged-{time}.wal}, under which
 * DuckDB opens them. A hard link costs nothing, and the restore replaces only the first name; so
 * whenever the process is killed, all of the database is under one name or both.
 */
final class DivergedFiles {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** What follows the name of a file that has diverged, before the time. */
  static final String DIVERGED = ".diverged-";

  private final LocalFiles files;
  private final RestoredFiles.Steps steps;
  private final String suffix;

  DivergedFiles(LocalFiles files, RestoredFiles.Steps steps, String suffix) {
    this.files = files;
    this.steps = steps;
    this.suffix = suffix;
  }

  /**
   * Keeps what is there, while nobody else can write to it: both names are of one file, so what
   * would be done to the first before it is replaced would be done to the second.
   *
   * @param now names it
   * @return the second name of the database
   * @throws LocalFileException if the file system has no hard links, or refuses
   */
  Path keep(Instant now) {
    try {
      Path database = kept().orElseGet(() -> files.beside(suffix + TIME.format(now)));
      // The WAL first: a database that has a second name has all of it.
      link(files.wal().recovery(), beside(database, ".wal.recovery"));
      link(files.wal().checkpoint(), beside(database, ".wal.checkpoint"));
      link(files.wal().wal(), beside(database, ".wal"));
      link(files.database(), database);
      steps.before("sync the names of what diverged");
      DurableDirectories.sync(files.directory());
      return database;
    } catch (UnsupportedOperationException | FileSystemException e) {
      throw new LocalFileException(
          "cannot keep "
              + files.database()
              + " under a second name (hard link): "
              + e
              + ". It was left as it is. Move it and its WAL away yourself, and open again",
          e);
    } catch (IOException e) {
      throw new LocalFileException("cannot keep " + files.database() + ": " + e, e);
    }
  }

  /** The second name of this very database, if an earlier attempt gave it one. */
  private Optional<Path> kept() throws IOException {
    LocalStamps stamps = LocalStamps.of(files);
    try (Stream<Path> names = Files.list(files.directory())) {
      for (Path name : names.filter(this::isSecondName).toList()) {
        if (LocalStamps.of(name, WalFiles.of(name)).equals(stamps)) {
          return Optional.of(name);
        }
      }
    }
    return Optional.empty();
  }

  private boolean isSecondName(Path path) {
    String prefix = files.database().getFileName() + suffix;
    String name = path.getFileName().toString();
    return name.startsWith(prefix)
        && !name.substring(prefix.length()).contains(".wal")
        && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static Path beside(Path database, String suffix) {
    return database.resolveSibling(database.getFileName() + suffix);
  }

  private void link(Path file, Path second) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.exists(second)) {
      steps.before("link " + second.getFileName());
      Files.createLink(second, file);
    }
  }
}
