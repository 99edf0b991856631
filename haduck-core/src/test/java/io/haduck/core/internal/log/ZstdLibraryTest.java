package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** zstd's native library, where it cannot be unpacked or loaded. */
class ZstdLibraryTest {
  @TempDir Path directory;

  /** Compresses something, twice. */
  static final class Compressing {
    public static void main(String[] arguments) {
      for (int i = 0; i < 2; i++) {
        try (var compression = new BlockCompression()) {
          System.out.println("LENGTH " + compression.compress(new byte[1000], 0, 1000).length());
        } catch (InvalidConfigurationException e) {
          System.out.println("REFUSED " + e.getMessage());
        }
      }
    }
  }

  private static List<String> compress(String... options) throws Exception {
    try (var child = ChildJvm.start(Map.of(), List.of(), List.of(options), Compressing.class)) {
      return child.join();
    }
  }

  @Test
  void directory_thatIsMissing_isNamedWithWhatToDo() throws Exception {
    Path missing = directory.resolve("missing");
    assertRefused(compress("-Djava.io.tmpdir=" + missing), missing + " (java.io.tmpdir)");
    assertRefused(compress("-DZstdTempFolder=" + missing), missing + " (ZstdTempFolder)");
  }

  @Test
  void anotherDirectory_helps() throws Exception {
    assertThat(
            compress(
                "-Djava.io.tmpdir=/nowhere/at/all", "-DZstdTempFolder=" + directory.toString()))
        .hasSize(2)
        .allMatch(line -> line.startsWith("LENGTH"));
  }

  @Test
  void directory_withoutExecution_isNamedWithWhatToDo() throws Exception {
    Path mounted = Files.createDirectory(directory.resolve("noexec"));
    assumeThat(ran("mount", "-t", "tmpfs", "-o", "noexec,size=8m", "haduck", "" + mounted))
        .as("may mount")
        .isTrue();
    try {
      assertRefused(compress("-Djava.io.tmpdir=" + mounted), mounted + " (java.io.tmpdir)");
    } finally {
      ran("umount", "" + mounted);
    }
  }

  private static boolean ran(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.onExit().orTimeout(60, TimeUnit.SECONDS).join().exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static void assertRefused(List<String> lines, String place) {
    assertThat(lines)
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .startsWith("REFUSED cannot load the native library of zstd-jni")
                    .contains(place)
                    .contains("noexec")
                    .contains("-DZstdTempFolder=/directory"));
  }
}
