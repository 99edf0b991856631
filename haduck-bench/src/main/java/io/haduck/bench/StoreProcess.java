package io.haduck.bench;

import io.haduck.core.store.ReplicaLocation;
import io.haduck.s3.EmbeddedS3;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * An S3 server in a JVM of its own, so that its heap and its garbage are not the client's. It ends
 * when this process does, since it then reads the end of its input.
 */
final class StoreProcess implements AutoCloseable {
  private final Process process;
  private final int port;

  private StoreProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static StoreProcess start(Path directory) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                System.getProperty("java.class.path"),
                StoreProcess.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    String line = lines.readLine();
    if (line == null) {
      throw new IOException("the S3 server did not start");
    }
    return new StoreProcess(process, Integer.parseInt(line));
  }

  /** The server: its directory is the argument, its port the first line of its output. */
  public static void main(String[] arguments) throws IOException {
    try (EmbeddedS3 server = EmbeddedS3.in(Path.of(arguments[0]))) {
      System.out.println(server.port());
      while (System.in.read() >= 0) {
        // until whoever started it ends
      }
    }
    System.exit(0);
  }

  ReplicaLocation location() {
    return new ReplicaLocation("s3", EmbeddedS3.BUCKET, "");
  }

  /** The settings that reach it, by their full keys. */
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
    process.destroy();
    process.onExit().join();
  }
}
