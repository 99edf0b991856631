package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a program said and left when it had ended.
 *
 * @param url that it connected by
 * @param lines that it wrote
 * @param ending how long it took from {@code END}, or the signal, to its end
 */
record ExitedProgram(String url, List<String> lines, Duration ending) {
  /**
   * Runs a main class until it has ended. When it says {@code READY} it is sent the signal, if
   * there is one; otherwise it says {@code END} when it is about to end.
   */
  static ExitedProgram run(String url, @Nullable String signal, Class<?> main, String... more)
      throws Exception {
    var arguments = new ArrayList<>(List.of(url));
    arguments.addAll(List.of(more));
    try (ChildJvm child =
        ChildJvm.start(
            Map.of(),
            List.of(),
            List.of("-Xmx300m", "-Dorg.slf4j.simpleLogger.log.io.haduck=info"),
            main,
            arguments.toArray(String[]::new))) {
      child.awaitLine(signal == null ? "END" : "READY");
      long begun = System.nanoTime();
      if (signal != null) {
        child.signal(signal);
      }
      List<String> lines = child.join();
      return new ExitedProgram(url, lines, Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  /** What was acknowledged: {@code writer number}. */
  Set<String> acknowledged() {
    var acknowledged = new TreeSet<String>();
    for (String line : lines) {
      if (line.startsWith("ACK ")) {
        acknowledged.add(line.substring(4));
      }
    }
    return acknowledged;
  }

  /** What the replica has, as an empty machine restores it. */
  Set<String> onReplica(Path directory) throws Exception {
    Path restored = Files.createTempDirectory(directory, "restored").resolve("restored.duckdb");
    try (ObjectStore replica = Haduck.replica(url, new Properties())) {
      Haduck.restore(RestoreRequest.latest(replica, restored));
    }
    return rows(restored);
  }

  private static Set<String> rows(Path database) throws SQLException {
    var found = new TreeSet<String>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT writer, n FROM t")) {
      while (rows.next()) {
        found.add(rows.getInt(1) + " " + rows.getLong(2));
      }
    }
    return found;
  }

  String text() {
    return String.join("\n", lines);
  }

  /** Nothing that was acknowledged is missing, and nothing failed. */
  void assertNothingLost(Path directory, String context) throws Exception {
    assertThat(lines)
        .as(context)
        .noneMatch(line -> line.startsWith("FAILED") || line.contains("unsent"));
    assertThat(onReplica(directory)).as(context + "\n" + text()).containsAll(acknowledged());
  }
}
