package io.haduck.examples.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.jdbc.Haduck;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.net.ServerSocket;
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
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The application under load gets SIGTERM: every request that was answered with 200 is on the
 * replica, and so is what {@code @PreDestroy} wrote.
 *
 * <p>More of them by {@code -Dhaduck.sigterms=50}; seeds by {@code -Dhaduck.seed=…}.
 */
@Tag("compat")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
final class GracefulShutdownTest {
  private static final int CLIENTS = 6;

  @TempDir Path directory;

  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);
  private long answered;
  private long answeredAfterSignal;
  private long found;
  private Duration longest = Duration.ZERO;

  @Test
  void sigtermUnderLoad_everyAnswerIsOnTheReplica() throws Exception {
    int sigterms = Integer.getInteger("haduck.sigterms", 3);
    System.out.println("SIGTERMs with -Dhaduck.seed=" + seed + " -Dhaduck.sigterms=" + sigterms);
    for (int i = 0; i < sigterms; i++) {
      String durability = List.of("async", "checkpoint", "commit").get((i + random.nextInt(3)) % 3);
      sigterm(
          Files.createDirectory(directory.resolve("" + i)),
          durability,
          "seed " + seed + ", SIGTERM " + i + ", " + durability);
    }
    System.out.println(
        sigterms
            + " SIGTERMs of a Spring Boot application: "
            + answered
            + " requests answered with 200, "
            + answeredAfterSignal
            + " of them after the signal, "
            + found
            + " of them found on the replicas, longest ending "
            + longest.toMillis()
            + " ms, seed "
            + seed);
    assertThat(answered).isPositive();
  }

  private void sigterm(Path place, String durability, String context) throws Exception {
    String url =
        "jdbc:haduck:"
            + place.resolve("notes.duckdb")
            + ";haduck.replica=file:"
            + place.resolve("replica")
            + ";haduck.shutdown_timeout=60s;haduck.durability="
            + durability
            + (random.nextBoolean() ? ";haduck.sync_interval=1h" : "");
    int port = freePort();
    var clients = new ArrayList<LoadClient>();
    List<String> lines;
    long signalled;
    try (ChildJvm child =
        ChildJvm.start(
            Map.of("SPRING_DATASOURCE_URL", url, "SERVER_PORT", "" + port),
            List.of(),
            List.of("-Xmx300m", "-Dspring.main.banner-mode=off"),
            BootApplication.class)) {
      child.awaitLine("READY");
      for (int writer = 0; writer < CLIENTS; writer++) {
        clients.add(LoadClient.start(port, writer, random.nextLong()));
      }
      for (LoadClient client : clients) {
        client.awaitFirstAnswer();
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1000)));
      signalled = System.nanoTime();
      child.signal("TERM");
      lines = child.join();
    }
    Duration ending = Duration.ofNanos(System.nanoTime() - signalled);
    longest = ending.compareTo(longest) > 0 ? ending : longest;
    var expected = new TreeSet<>(Set.of(LastNote.WRITER + " 0", LastNote.WRITER + " 1"));
    for (LoadClient client : clients) {
      client.join();
      expected.addAll(client.answered());
      answered += client.answered().size();
      answeredAfterSignal += client.answeredAfter(signalled);
    }
    String said = context + "\n" + String.join("\n", lines);
    assertThat(lines).as(said).anyMatch(line -> line.contains("LAST NOTE TAKEN"));
    // By the level that Spring prints: JDK 25 says WARNING of libraries with native code.
    assertThat(lines)
        .as(said)
        .noneMatch(line -> line.contains(" WARN ") || line.contains(" ERROR "));
    assertThat(ending).as(said).isLessThan(Duration.ofSeconds(40));
    Set<String> restored = restored(url, place.resolve("restored.duckdb"));
    assertThat(restored).as(said).containsAll(expected);
    expected.retainAll(restored);
    found += expected.size() - 2;
  }

  private static Set<String> restored(String url, Path file) throws SQLException {
    try (ObjectStore replica = Haduck.replica(url, new Properties())) {
      Haduck.restore(RestoreRequest.latest(replica, file));
    }
    var found = new TreeSet<String>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT writer, n FROM note")) {
      while (rows.next()) {
        found.add(rows.getInt(1) + " " + rows.getLong(2));
      }
    }
    return found;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
