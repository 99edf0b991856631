package io.haduck.core.internal.restoring;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.LentFile;
import io.haduck.core.internal.duckdb.WalFiles;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.local.LocalStamps;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a database before the replica is restored in its place: gives it and its WAL files second
 * names, such as {@code F.diverged-{time}} and {@code F.diverged-{time}.wal}, under which DuckDB
 * opens them. A hard link costs nothing; where the file system has none, the files are copied. The
 * restore replaces only the first name; so whenever the process is killed, all of the database is
 * under one name or both, and {@link SharedFile} takes the second one back. {@code F.haduck} goes
 * along where the file may be of use again as what it was: beside a database of that name, it is
 * its record.
 */
public final class KeptFiles {
  private static final Logger log = LoggerFactory.getLogger(KeptFiles.class);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** What follows the name of a file that has diverged, before the time. */
  public static final String DIVERGED = ".diverged-";

  /** What follows the name of a file that was replaced, and from which nothing should be missed. */
  public static final String REPLACED = ".replaced-";

  private final LocalFiles files;
  private final FileSteps steps;
  private final String suffix;
  private final boolean withRecord;

  public KeptFiles(LocalFiles files, FileSteps steps, String suffix) {
    this(files, steps, suffix, false);
  }

  private KeptFiles(LocalFiles files, FileSteps steps, String suffix, boolean withRecord) {
    this.files = files;
    this.steps = steps;
    this.suffix = suffix;
    this.withRecord = withRecord;
  }

  /** One that keeps {@code F.haduck}, too. */
  public KeptFiles withRecord() {
    return new KeptFiles(files, steps, suffix, true);
  }

  /** Gives one file a second name. */
  @FunctionalInterface
  private interface SecondName {
    void give(Path file, Path second, CopiedFile.Opener opener) throws IOException;
  }

  /**
   * Keeps what is there, while nobody else can write to it: both names may be of one file, so what
   * would be done to the first before it is replaced would be done to the second.
   *
   * @param now names it
   * @return the second name of the database; of what is beside it, if there is only that
   * @throws LocalFileException if that fails, as on a full disk
   */
  public Path keep(Instant now) {
    try {
      Path fresh = fresh(now);
      try {
        return keep(
            linked().orElse(fresh), (file, second, opener) -> Files.createLink(second, file));
      } catch (FileAlreadyExistsException e) {
        throw e;
      } catch (IOException | UnsupportedOperationException e) {
        log.debug("{} cannot be linked, it is copied", files.database(), e);
        return keep(copied().orElse(fresh), this::copy);
      }
    } catch (IOException e) {
      throw new LocalFileException(
          "cannot keep "
              + files.database()
              + " under a second name (hard link, or a copy, which needs room for all of it): "
              + e
              + ". It was left as it is. Make room, or move it and its WAL away yourself, and try again",
          e);
    }
  }

  /** Of two databases that are kept within a millisecond, each has a name. */
  private Path fresh(Instant now) {
    for (Instant time = now; ; time = time.plusMillis(1)) {
      Path fresh = files.beside(suffix + TIME.format(time));
      if (Stream.of("", ".wal", ".wal.checkpoint", ".wal.recovery", ".haduck")
          .noneMatch(
              end -> Files.exists(LocalFiles.beside(fresh, end), LinkOption.NOFOLLOW_LINKS))) {
        return fresh;
      }
    }
  }

  /** The WAL first: a database that has a second name has all of it. */
  private Path keep(Path database, SecondName names) throws IOException {
    List<Path> given = new ArrayList<>();
    try {
      keepRecord(LocalFiles.beside(database, ".haduck"), given);
      WalFiles wal = files.wal();
      keep(
          wal.recovery(),
          LocalFiles.beside(database, ".wal.recovery"),
          names,
          LentFile::ofWal,
          given);
      keep(
          wal.checkpoint(),
          LocalFiles.beside(database, ".wal.checkpoint"),
          names,
          LentFile::ofWal,
          given);
      keep(wal.wal(), LocalFiles.beside(database, ".wal"), names, LentFile::ofWal, given);
      keep(files.database(), database, names, LentFile::ofDatabase, given);
      steps.before("sync the names of what is kept");
      DurableDirectories.sync(files.directory());
      return Files.exists(database) ? database : LocalFiles.beside(database, ".wal");
    } catch (IOException | LocalFileException e) {
      for (Path second : given) {
        Files.deleteIfExists(second); // the first name is still there, and there will be more tries
      }
      throw e;
    }
  }

  private void keep(
      Path file, Path second, SecondName names, CopiedFile.Opener opener, List<Path> given)
      throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.exists(second)) {
      steps.before("name " + second.getFileName());
      names.give(file, second, opener);
      given.add(second);
    }
  }

  /** Written anew: it is small, and a file of its own may be replaced. */
  private void keepRecord(Path second, List<Path> given) throws IOException {
    Optional<LocalRecord> record =
        withRecord && !Files.exists(second) ? LocalRecord.read(files.record()) : Optional.empty();
    if (record.isPresent()) {
      steps.before("name " + second.getFileName());
      given.add(second);
      record.get().writeSynced(second, FileRights.of(files.record()));
    }
  }

  private void copy(Path file, Path second, CopiedFile.Opener opener) throws IOException {
    Path aside = files.beside(AsideFiles.name());
    try {
      CopiedFile.copy(file, aside, opener);
      steps.before("rename the copy to " + second.getFileName());
      Files.move(aside, second);
    } catch (IOException e) {
      Files.deleteIfExists(aside);
      throw e;
    }
  }

  /** The second name of this very database, if an earlier attempt gave it one. */
  private Optional<Path> linked() throws IOException {
    LocalStamps stamps = LocalStamps.of(files);
    for (Path name : secondNames()) {
      if (stamps.isWithin(LocalStamps.of(name, WalFiles.of(name)))) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  /** The name of a copy that an earlier attempt made: many attempts must not fill the disk. */
  private Optional<Path> copied() throws IOException {
    for (Path name : secondNames()) {
      WalFiles wal = WalFiles.of(name);
      if (isGoneOrIn(files.wal().recovery(), wal.recovery())
          && isGoneOrIn(files.wal().checkpoint(), wal.checkpoint())
          && isGoneOrIn(files.wal().wal(), wal.wal())
          && CopiedFile.isCopy(files.database(), name, LentFile::ofDatabase)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  /** See {@link LocalStamps#isWithin}. */
  private static boolean isGoneOrIn(Path wal, Path copy) throws IOException {
    return !Files.exists(wal) || CopiedFile.isCopy(wal, copy, LentFile::ofWal);
  }

  /**
   * Deletes the oldest of those that are kept for the same reason, as their names tell, so that
   * failing again and again fills no disk. Never fails.
   *
   * @param most how many stay
   */
  public void dropOldest(int most) {
    try {
      List<Path> oldest = secondNames().stream().sorted().toList();
      for (Path kept : oldest.subList(0, Math.max(0, oldest.size() - most))) {
        log.warn("{} is deleted: more than {} of its kind are kept", kept, most);
        // The database first: a write-ahead log alone is nobody's older state.
        for (String end : List.of("", ".wal", ".wal.checkpoint", ".wal.recovery", ".haduck")) {
          Files.deleteIfExists(LocalFiles.beside(kept, end));
        }
      }
    } catch (IOException e) {
      log.warn("what is kept of {} cannot be deleted: {}", files.database(), e.toString());
    }
  }

  /** All names of databases that are kept beside one, whatever for. */
  static List<Path> allKept(LocalFiles files) throws IOException {
    List<Path> kept = new ArrayList<>();
    for (String suffix : List.of(DIVERGED, REPLACED)) {
      kept.addAll(new KeptFiles(files, FileSteps.untold(), suffix).secondNames());
    }
    return kept;
  }

  private List<Path> secondNames() throws IOException {
    try (Stream<Path> names = Files.list(files.directory())) {
      return names.filter(this::isSecondName).toList();
    }
  }

  private boolean isSecondName(Path path) {
    String prefix = files.database().getFileName() + suffix;
    String name = path.getFileName().toString();
    return name.startsWith(prefix)
        && !name.substring(prefix.length()).contains(".wal")
        && !name.substring(prefix.length()).contains(".haduck")
        && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }
}
