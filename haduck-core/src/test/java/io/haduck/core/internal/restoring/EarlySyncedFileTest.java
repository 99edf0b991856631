package io.haduck.core.internal.restoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EarlySyncedFileTest {
  /** A file that takes what is written, and cannot be synced. */
  private static final Path NOWHERE = Path.of("/dev/null");

  @TempDir Path directory;

  @Test
  void write_anywhere_isInTheFile() throws Exception {
    Path path = directory.resolve("file");
    try (var file = new EarlySyncedFile(create(path))) {
      file.write(new byte[] {3, 4, 5}, 2, 7);
      file.write(new byte[] {1, 2}, 2, 0);
      file.sync();
    }
    assertThat(Files.readAllBytes(path)).containsExactly(1, 2, 0, 0, 0, 0, 0, 3, 4);
  }

  @Test
  void write_much_isInTheFileAndSyncedByAThreadThatEnds() throws Exception {
    Path path = directory.resolve("file");
    byte[] part = new byte[8 << 20];
    try (var file = new EarlySyncedFile(create(path))) {
      for (int i = 0; i < 20; i++) {
        Arrays.fill(part, (byte) i);
        file.write(part, part.length, (long) i * part.length);
      }
      file.sync();
    }
    assertThat(Files.size(path)).isEqualTo(20L * part.length);
    // A thread that a pool counts as ended may be listed for a moment yet.
    await()
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("haduck-restore-sync")));
  }

  @Test
  void sync_afterAnEarlyOneFailed_fails() throws Exception {
    assumeThat(NOWHERE).as("a file that cannot be synced").exists();
    try (FileChannel channel = FileChannel.open(NOWHERE, StandardOpenOption.WRITE)) {
      assumeThat(refusesSync(channel)).as("a file that cannot be synced").isTrue();
    }
    try (var file = new EarlySyncedFile(FileChannel.open(NOWHERE, StandardOpenOption.WRITE))) {
      file.write(new byte[64 << 20], 64 << 20, 0); // begins a sync
      assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
      assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> file.write(new byte[64 << 20], 64 << 20, 0))
          .isInstanceOf(IOException.class);
    }
  }

  private static boolean refusesSync(FileChannel channel) {
    try {
      channel.force(false);
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static FileChannel create(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }
}
