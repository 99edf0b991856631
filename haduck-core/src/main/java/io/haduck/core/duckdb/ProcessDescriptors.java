package io.haduck.core.duckdb;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which files this process has open, as Linux tells it ({@code /proc/self/fd}). Stateless; nothing
 * is opened on the files themselves.
 *
 * @param open descriptors of this process on the file, ours included
 * @param links names that the file has left; 0: deleted
 */
record ProcessDescriptors(int open, long links) {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /** The descriptors on one file; empty where the system does not tell. */
  static Optional<ProcessDescriptors> on(FileIdentity file) {
    if (!Files.isDirectory(DESCRIPTORS)) {
      return Optional.empty();
    }
    int open = 0;
    long links = Long.MAX_VALUE;
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path descriptor : descriptors) {
        Map<String, Object> attributes;
        try {
          // stat follows the magic link to the open file, also when its name is gone
          attributes = Files.readAttributes(descriptor, "unix:dev,ino,nlink");
        } catch (NoSuchFileException closedMeanwhile) {
          continue;
        }
        if (FileIdentity.of(attributes).equals(file)) {
          open++;
          links = FileIdentity.number(attributes, "nlink");
        }
      }
    } catch (IOException | DirectoryIteratorException unknown) {
      return Optional.empty();
    }
    return Optional.of(new ProcessDescriptors(open, links));
  }
}
