package io.haduck.jdbc;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file system of a few megabytes that really runs full; a test is skipped where none can be had.
 */
final class SmallDisk implements AutoCloseable {
  private final Path directory;

  private SmallDisk(Path directory) {
    this.directory = directory;
  }

  /** Mounts one at a new directory. */
  static SmallDisk mount(Path directory, int megabytes) throws IOException {
    Files.createDirectory(directory);
    require("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", directory.toString());
    return new SmallDisk(directory);
  }

  /** Gives it another size. */
  void resize(int megabytes) throws IOException {
    require("mount", "-o", "remount,size=" + megabytes + "m", directory.toString());
  }

  Path directory() {
    return directory;
  }

  /** Runs a command that needs root, or skips the test with what it said. */
  static void require(String... command) throws IOException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, e.toString());
      return;
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(process.onExit().join().exitValue() == 0, String.join(" ", command) + ": " + said);
  }

  /** Makes a directory or file immutable, even for root. */
  static Immutable immutable(Path path) throws IOException {
    require("chattr", "+i", path.toString());
    return new Immutable(path);
  }

  /** Until it is closed. */
  record Immutable(Path path) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      require("chattr", "-i", path.toString());
    }
  }

  @Override
  public void close() throws IOException {
    // Lazily: haduck keeps a descriptor on each database file (the lock trap).
    new ProcessBuilder(List.of("umount", "-l", directory.toString())).start().onExit().join();
  }
}
