package io.haduck.testing.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

/** Another JVM that tries to open a database for writing, and holds it until it is closed. */
public final class OtherProcess implements AutoCloseable {
  private static final String OPENED = "OPENED";
  private static final String REFUSED = "REFUSED";

  private final Process process;
  private final BufferedReader output;
  private final String outcome;

  private OtherProcess(Process process) throws IOException {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder lines = new StringBuilder();
    String line = output.readLine();
    while (line != null && !line.startsWith(OPENED) && !line.startsWith(REFUSED)) {
      lines.append(line).append('\n');
      line = output.readLine();
    }
    this.outcome = line != null ? line : lines.toString();
  }

  public static OtherProcess opening(Path database) throws IOException {
    return new OtherProcess(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                database.toString())
            .redirectErrorStream(true)
            .start());
  }

  /** Whether a second process could now write to the database. */
  public static boolean canOpen(Path database) throws IOException {
    try (OtherProcess other = opening(database)) {
      return other.hasOpened();
    }
  }

  public boolean hasOpened() {
    if (outcome.startsWith(OPENED)) {
      return true;
    }
    if (outcome.startsWith(REFUSED) && outcome.contains("lock")) {
      return false;
    }
    throw new AssertionError("The other process neither opened nor was refused: " + outcome);
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    output.close();
  }

  public static void main(String[] arguments) throws Exception {
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:" + arguments[0]);
        Statement statement = duck.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS other (i INTEGER)");
      System.out.println(OPENED);
      while (System.in.read() >= 0) {
        // holds the database until our parent closes the pipe
      }
    } catch (SQLException e) {
      System.out.println(REFUSED + " " + ("" + e.getMessage()).replace('\n', ' '));
    }
  }
}
