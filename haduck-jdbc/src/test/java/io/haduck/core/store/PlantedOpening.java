package io.haduck.core.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Opens a file where nobody may. */
final class PlantedOpening {
  private PlantedOpening() {}

  static long length(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path)) {
      return channel.size();
    }
  }
}
