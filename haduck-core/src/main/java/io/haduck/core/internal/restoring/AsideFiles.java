package io.haduck.core.internal.restoring;

import io.haduck.core.internal.local.LocalFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a restore writes aside, {@code F.haduck-restore-…}, until it has its place. Under the
 * database's process lock nobody else writes such files.
 */
public final class AsideFiles {
  private static final Logger log = LoggerFactory.getLogger(AsideFiles.class);
  private static final String ASIDE = ".haduck-restore-";

  private AsideFiles() {}

  /** What follows the name of a database in that of a file that a restore writes aside. */
  public static String name() {
    return ASIDE + UUID.randomUUID();
  }

  /** What an interrupted restore left; the process lock says that nobody is writing it. */
  static void deleteLeftovers(LocalFiles files) throws IOException {
    Path directory = files.database().getParent();
    String prefix = files.database().getFileName() + ASIDE;
    if (directory == null) {
      return;
    }
    try (DirectoryStream<Path> leftovers =
        Files.newDirectoryStream(
            directory, entry -> entry.getFileName().toString().startsWith(prefix))) {
      for (Path leftover : leftovers) {
        log.info("deleting {}, left by a restore that did not end", leftover);
        if (Files.isDirectory(leftover, LinkOption.NOFOLLOW_LINKS)) {
          deleteDirectory(leftover);
        } else {
          Files.delete(leftover);
        }
      }
    }
  }

  /** Deletes a directory of nothing but files. */
  static void deleteDirectory(Path directory) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        Files.delete(entry);
      }
    }
    Files.delete(directory);
  }
}
