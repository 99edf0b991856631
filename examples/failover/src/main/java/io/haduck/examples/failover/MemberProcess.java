package io.haduck.examples.failover;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A {@link Member} in a JVM of its own, and what it has said. */
final class MemberProcess implements AutoCloseable {
  private final Process process;
  private final String name;
  private final ConcurrentSkipListSet<Long> acknowledged = new ConcurrentSkipListSet<>();
  private volatile long rows = -1;
  private volatile String role = "";
  private volatile String trouble = "";

  private MemberProcess(Process process, String name) {
    this.process = process;
    this.name = name;
    var listening = new Thread(this::listen, name);
    listening.setDaemon(true);
    listening.start();
  }

  static MemberProcess start(String work, String url, String name, Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx300m", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Member.class.getName()));
    command.addAll(List.of(work, url, name));
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    return new MemberProcess(builder.start(), name);
  }

  private void listen() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String said = line.substring(line.indexOf(' ') + 1);
        if (line.startsWith("ACK ")) {
          acknowledged.add(Long.valueOf(said));
        } else if (line.startsWith("ROWS ")) {
          rows = Long.parseLong(said);
        } else if (line.startsWith("ROLE ")) {
          role = said;
        } else {
          trouble = line;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Numbers of the rows of which it was told that they are on the replica. */
  ConcurrentSkipListSet<Long> acknowledged() {
    return acknowledged;
  }

  /** How many rows it has read last; -1 before the first time. */
  long rows() {
    return rows;
  }

  /** What it was when it had connected; empty before. */
  String role() {
    return role;
  }

  String name() {
    return name;
  }

  void promote() throws IOException {
    process.getOutputStream().write("promote\n".getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Waits for something that it says. */
  void await(String what, BooleanSupplier said) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (!said.getAsBoolean()) {
      if (System.nanoTime() - end > 0 || !process.isAlive()) {
        throw new IllegalStateException(name + " does not " + what + "; it said last: " + trouble);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  /** Ends it in order. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.onExit().get(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    } catch (ExecutionException | TimeoutException e) {
      process.destroyForcibly();
    }
  }
}
