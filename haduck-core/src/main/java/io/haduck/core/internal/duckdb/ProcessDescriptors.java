package io.haduck.core.internal.duckdb;

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
 * @param writable how many of them may write; those of which it cannot be told count
 */
record ProcessDescriptors(int open, long links, int writable) {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final Path DETAILS = Path.of("/proc/self/fdinfo");
  private static final int ACCESS_MODE = 3;

  /** The descriptors on one file; empty where the system does not tell. */
  static Optional<ProcessDescriptors> on(FileIdentity file) {
    if (!Files.isDirectory(DESCRIPTORS)) {
      return Optional.empty();
    }
    int open = 0;
    int writable = 0;
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
          writable += mayWrite(descriptor) ? 1 : 0;
          links = FileIdentity.number(attributes, "nlink");
        }
      }
    } catch (IOException | DirectoryIteratorException unknown) {
      return Optional.empty();
    }
    return Optional.of(new ProcessDescriptors(open, links, writable));
  }

  private static boolean mayWrite(Path descriptor) {
    try {
      for (String line : Files.readAllLines(DETAILS.resolve(descriptor.getFileName()))) {
        if (line.startsWith("flags:")) {
          return (Integer.parseInt(line.substring("flags:".length()).strip(), 8) & ACCESS_MODE)
              != 0;
        }
      }
    } catch (IOException | NumberFormatException unknown) {
      return true; // closed meanwhile, or a kernel that does not tell
    }
    return true;
  }
}
