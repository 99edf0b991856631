package io.haduck.core.replica;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Makes names in a directory durable. */
final class Directories {
  private Directories() {}

  /**
   * Syncs the directory that a file is in: after this, a crash does not undo a rename or a
   * deletion.
   */
  static void syncParent(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
