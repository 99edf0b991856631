package io.haduck.bench;

import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.EmbeddedS3;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An S3 server in a JVM of its own, so that its heap and its garbage are not the client's. It ends
 * when this process does, since it then reads the end of its input. It can be made to fail: {@link
 * Outage}. For one thread.
 */
final class StoreProcess implements AutoCloseable {
  private static final String DOWN = "down";
  private static final String UP = "up";

  /** How a store is out. */
  enum Outage {
    /** Nobody listens: connections are refused at once. */
    REFUSED,
    /** The process is stopped by a signal: connections are taken, and nothing answers. */
    FROZEN
  }

  private final Process process;
  private final BufferedReader answers;
  private final int port;
  private @Nullable Outage outage;

  private StoreProcess(Process process, BufferedReader answers, int port) {
    this.process = process;
    this.answers = answers;
    this.port = port;
  }

  static StoreProcess start(Path directory) throws IOException {
    ServingProcess started =
        ServingProcess.start(
            StoreProcess.class,
            List.of("-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
            directory.toString());
    return new StoreProcess(started.process(), started.answers(), started.port());
  }

  /**
   * The server: its directory is the argument, its port the first line of its output. It obeys
   * {@code down} and {@code up} until its input ends, and repeats each when it is done.
   */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    EmbeddedS3 server = EmbeddedS3.in(directory);
    int port = server.port();
    System.out.println(port);
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      if (order.equals(DOWN)) {
        server.close();
      } else {
        server = EmbeddedS3.in(directory, port);
      }
      System.out.println(order);
    }
    System.exit(0);
  }

  /** Begins an outage, or ends it if null. */
  void outage(@Nullable Outage next) throws IOException {
    if (outage == Outage.FROZEN) {
      signal("CONT");
    } else if (outage == Outage.REFUSED) {
      order(UP);
    }
    outage = next;
    if (next == Outage.FROZEN) {
      signal("STOP");
    } else if (next == Outage.REFUSED) {
      order(DOWN);
    }
  }

  private void order(String order) throws IOException {
    process.getOutputStream().write((order + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    String answer = answers.readLine();
    if (!order.equals(answer)) {
      throw new IOException("the S3 server should go " + order + ", and answered " + answer);
    }
  }

  private void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    int code = kill.onExit().join().exitValue();
    if (code != 0) {
      throw new IOException("kill -" + name + " of the S3 server failed with " + code);
    }
  }

  ReplicaLocation location() {
    return new ReplicaLocation("s3", EmbeddedS3.BUCKET, "");
  }

  /** The settings that reach it, by their keys without {@code haduck.}. */
  Map<String, String> settings() {
    return Map.of(
        "s3.endpoint",
        "http://127.0.0.1:" + port,
        "s3.access_key",
        EmbeddedS3.ACCESS_KEY,
        "s3.secret_key",
        EmbeddedS3.SECRET_KEY);
  }

  @Override
  public void close() {
    process.destroyForcibly(); // a frozen one would not hear anything less
    process.onExit().join();
  }
}
