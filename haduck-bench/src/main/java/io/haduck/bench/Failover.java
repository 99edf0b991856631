package io.haduck.bench;

import io.haduck.core.lease.LeaseOptions;
import io.haduck.jdbc.Haduck;
import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** For how long nobody can write when the writer is killed, and when it hands over. */
final class Failover implements Scenario {
  @Override
  public void run(Workspace workspace) throws Exception {
    int rounds = workspace.options().rounds();
    measure(workspace, "killed", LeaseOptions.SHORTEST_TTL, rounds, true);
    measure(workspace, "killed", LeaseOptions.DEFAULT_TTL, rounds, true);
    measure(workspace, "hands over", LeaseOptions.DEFAULT_TTL, rounds, false);
  }

  /** The same database goes back and forth: this process closes it before the next writer comes. */
  private static void measure(
      Workspace workspace, String what, Duration ttl, int rounds, boolean killed) throws Exception {
    String name = "failover-" + ttl.toSeconds() + (killed ? "-killed" : "-handed");
    Workspace.Replicas replicas = workspace.replicas(name);
    var options =
        new StringBuilder(";haduck.linger=0s;haduck.durability=commit;haduck.lease_wait=forever")
            .append(";haduck.lease_ttl=" + ttl.toSeconds() + "s;haduck.name=" + name)
            .append(";haduck.replica=" + replicas.location());
    for (Map.Entry<String, String> setting : replicas.settings().entrySet()) {
      options.append(";haduck." + setting.getKey() + "=" + setting.getValue());
    }
    double[] seconds = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      seconds[round] = once(workspace, name, options.toString(), killed) / 1e9;
    }
    Arrays.sort(seconds);
    double median = seconds[rounds / 2];
    double worst = seconds[rounds - 1];
    workspace
        .out()
        .printf(
            Locale.ROOT,
            "the writer %s, lease_ttl=%d s: until the standby has written, median %.2f s = %.2f TTL, worst of %d %.2f s ="
                + " %.2f TTL%n",
            what,
            ttl.toSeconds(),
            median,
            median / ttl.toSeconds(),
            rounds,
            worst,
            worst / ttl.toSeconds());
  }

  private static long once(Workspace workspace, String name, String options, boolean killed)
      throws Exception {
    // What a writer that was killed has of its own is kept aside when it comes back.
    String writer = url(workspace.file(name + "-writer"), options + ";haduck.on_diverge=restore");
    String standby = url(workspace.file(name + "-standby"), options + ";haduck.mode=standby");
    try (ChildJvm child = ChildJvm.start("-Xmx400m", CommittingProcess.class, writer)) {
      child.awaitLine(CommittingProcess.READY);
      try (Connection connection = DriverManager.getConnection(standby)) {
        awaitHead(connection);
        long begun = System.nanoTime();
        if (killed) {
          child.kill();
        } else {
          Haduck.promote(connection, Duration.ofMinutes(1));
        }
        awaitWritable(connection);
        return System.nanoTime() - begun;
      }
    }
  }

  private static String url(Path directory, String options) throws Exception {
    return "jdbc:haduck:" + Files.createDirectories(directory).resolve("my.duckdb") + options;
  }

  private static void awaitHead(Connection connection) throws SQLException {
    while (Haduck.status(connection).following().stream().anyMatch(it -> it.seqsBehind() > 100)) {
      pass();
    }
  }

  private static void awaitWritable(Connection connection) throws SQLException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    while (true) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("INSERT INTO t VALUES (-1)");
        return;
      } catch (SQLException e) {
        if (System.nanoTime() - end > 0) {
          throw e;
        }
        pass();
      }
    }
  }

  private static void pass() {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
  }
}
