package io.haduck.testing.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A JVM of its own, which can be killed without warning. What it unpacks, such as DuckDB's library,
 * goes to a directory of its own for temporary files, which is deleted when this is closed.
 */
public final class ChildJvm implements AutoCloseable {
  private final Process process;
  private final Path temporary;
  private final BufferedReader output;
  private final List<String> lines = new ArrayList<>();

  private ChildJvm(Process process, Path temporary) {
    this.process = process;
    this.temporary = temporary;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts a main class on this class path. */
  public static ChildJvm start(String heap, Class<?> main, String... arguments) throws IOException {
    return start(Map.of(), List.of(), List.of(heap), main, arguments);
  }

  /**
   * As {@link #start(String, Class, String...)}.
   *
   * @param environment what is added to this process's
   * @param before a command that runs the JVM, such as {@code setpriv --reuid=65534}
   * @param options of the JVM; {@code -Djava.io.tmpdir} among them says where else it unpacks
   */
  public static ChildJvm start(
      Map<String, String> environment,
      List<String> before,
      List<String> options,
      Class<?> main,
      String... arguments)
      throws IOException {
    Path temporary = Files.createTempDirectory("haduck-child-");
    // It may be another user's process.
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-Djava.io.tmpdir=" + temporary,
            "-Dorg.slf4j.simpleLogger.log.io.haduck=warn"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(Arrays.asList(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return new ChildJvm(builder.start(), temporary);
  }

  /** Reads until a line begins with this; fails if the process ends before. */
  public void awaitLine(String prefix) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (line.startsWith(prefix)) {
        return;
      }
    }
    throw new AssertionError("the other process ended: " + String.join("\n", lines));
  }

  /** Hands over each line that it writes, until it ends. Instead of what else reads. */
  public void follow(Consumer<String> lines) {
    try {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        lines.accept(line);
      }
    } catch (IOException e) {
      lines.accept("NOT READ " + e);
    }
  }

  /** Whether it has not ended; who is stopped has not. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL; what it wrote can still be read. */
  public void end() {
    process.toHandle().destroyForcibly();
  }

  /** Sends it a signal, such as {@code STOP} or {@code CONT}. */
  public void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, "" + process.pid()).start();
    if (kill.onExit().orTimeout(60, TimeUnit.SECONDS).join().exitValue() != 0) {
      throw new IOException("no process " + process.pid() + " to send " + name);
    }
  }

  /** SIGKILL; returns all lines that it wrote. */
  public List<String> kill() throws IOException {
    process.toHandle().destroyForcibly(); // unlike the process's own, it leaves the output readable
    return join();
  }

  /** Waits for its end; returns all lines that it wrote. */
  public List<String> join() throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
    }
    process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    return lines;
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    output.close();
    process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    deleteTemporary();
  }

  private void deleteTemporary() throws IOException {
    try (Stream<Path> all = Files.walk(temporary)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
