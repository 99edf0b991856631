package io.haduck.testing.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, which can be killed without warning. */
public final class ChildJvm implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;
  private final List<String> lines = new ArrayList<>();

  private ChildJvm(Process process) {
    this.process = process;
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
   * @param options of the JVM
   */
  public static ChildJvm start(
      Map<String, String> environment,
      List<String> before,
      List<String> options,
      Class<?> main,
      String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.log.io.haduck=warn"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(Arrays.asList(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return new ChildJvm(builder.start());
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
  }
}
