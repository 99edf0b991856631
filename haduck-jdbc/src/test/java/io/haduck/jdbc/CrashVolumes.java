package io.haduck.jdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;

/**
 * What can happen to the files of a database that nobody has open: they go, they are put aside and
 * brought back later as the very same files, or they are rolled back in place. Whoever is killed in
 * the middle of one of these must begin with an empty disk.
 *
 * @param database the file; others lie beside it, and what is put aside below its directory
 */
record CrashVolumes(Path database) {
  private static final List<String> WALS = List.of(".wal", ".wal.checkpoint", ".wal.recovery");
  private static final String RECORD = ".haduck";

  /** Deletes the database and its WAL; the record too, if its loss is part of it. */
  void delete(boolean withRecord) throws IOException {
    for (String ending : WALS) {
      Files.deleteIfExists(beside(ending));
    }
    if (withRecord) {
      Files.deleteIfExists(beside(RECORD));
    }
    Files.deleteIfExists(database);
  }

  boolean isAside() {
    return Files.exists(aside().resolve("my"));
  }

  /** Moves all files away. */
  void putAside() throws IOException {
    Files.createDirectories(aside());
    move("", aside().resolve("my"));
    move(RECORD, aside().resolve("my" + RECORD));
    for (String ending : WALS) {
      move(ending, aside().resolve("my" + ending));
    }
  }

  /** Replaces all files by those that were put aside: an old volume is attached again. */
  void bringBack() throws IOException {
    delete(true);
    for (String ending : WALS) {
      moveBack(ending);
    }
    moveBack(RECORD);
    moveBack("");
  }

  /** Whether there is a copy of what this very file was. */
  boolean isCopied() throws IOException {
    Path number = copies().resolve("inode");
    return Files.exists(number)
        && Files.exists(database)
        && Files.readString(number).equals(inode(database));
  }

  /** Copies all files. */
  void copy() throws IOException {
    CrashStore.delete(copies());
    Files.createDirectories(copies());
    for (String ending : WALS) {
      copyFrom(ending);
    }
    copyFrom(RECORD);
    copyFrom("");
    Files.writeString(copies().resolve("inode"), inode(database));
  }

  /** Puts the old content into the same files; the record stays, if it was on another volume. */
  void rollBack(boolean withRecord) throws IOException {
    for (String ending : WALS) {
      Files.deleteIfExists(beside(ending));
      Path copy = copies().resolve("my" + ending);
      if (Files.exists(copy)) {
        Files.copy(copy, beside(ending));
      }
    }
    if (withRecord && Files.exists(copies().resolve("my" + RECORD))) {
      Files.copy(
          copies().resolve("my" + RECORD), beside(RECORD), StandardCopyOption.REPLACE_EXISTING);
    }
    Files.write(database, Files.readAllBytes(copies().resolve("my"))); // in place
  }

  private void move(String ending, Path to) throws IOException {
    if (Files.exists(beside(ending))) {
      Files.move(beside(ending), to);
    }
  }

  private void moveBack(String ending) throws IOException {
    Path from = aside().resolve("my" + ending);
    if (Files.exists(from)) {
      Files.move(from, beside(ending), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void copyFrom(String ending) throws IOException {
    if (Files.exists(beside(ending))) {
      Files.copy(beside(ending), copies().resolve("my" + ending));
    }
  }

  private static String inode(Path file) throws IOException {
    return Objects.toString(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
  }

  private Path beside(String ending) {
    return database.resolveSibling(database.getFileName() + ending);
  }

  private Path aside() {
    return database.resolveSibling("aside");
  }

  private Path copies() {
    return database.resolveSibling("copies");
  }
}
