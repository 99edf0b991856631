package io.haduck.bench;

import io.haduck.jdbc.Haduck;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** How far a follower is behind, and what it costs when nothing happens. */
final class Followers implements Scenario {
  private static final int[] PACES = {1, 10, 100};
  private static final String NAME = "followed";

  /** Those who are idle, as the counted stores call them, and as the table does. */
  private static final String[] WHO = {"writer", "follower", "rival", "standby"};

  private static final String[] WHAT = {
    "writer", "its follower", "writer beside a standby", "its standby"
  };

  /** S3 Standard in us-east-1, dollars for 1,000 requests. */
  private static final double WRITE_OR_LIST = 0.005;

  private static final double READ = 0.0004;
  private static final double HOURS_A_MONTH = 730;

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    long seconds = Math.max(1, options.rounds() * 12L * options.turns() / 8);
    PrintStream out = workspace.out();
    out.printf(
        Locale.ROOT,
        "%-54s %8s %10s %10s %10s%n",
        "from a commit's return until a follower's query sees it",
        "commits",
        "p50 ms",
        "p99 ms",
        "worst ms");
    lags(workspace, seconds);
    afterIdling(workspace, seconds);
    idle(workspace, seconds);
  }

  private static void row(PrintStream out, String what, Latencies lags) {
    out.printf(
        Locale.ROOT,
        "%-54s %,8d %10.1f %10.1f %10.1f%n",
        what,
        lags.count(),
        lags.quantile(0.5),
        lags.quantile(0.99),
        lags.quantile(1));
  }

  private static void lags(Workspace workspace, long seconds) throws Exception {
    String replica = options(workspace, NAME);
    try (Connection writer = write(workspace, NAME, replica);
        Connection follower = follow(workspace, NAME, replica)) {
      var lag = new FollowerLag(writer, follower);
      for (int pace : PACES) {
        row(workspace.out(), pace + " commits a second", lag.atPace(pace, seconds));
      }
      var awaited = new Latencies();
      for (long i = 0; i < 5 * seconds; i++) {
        lag.awaited(awaited);
      }
      row(workspace.out(), "each one waited for with Haduck.awaitPosition", awaited);
    }
  }

  /** At the pace of a follower that has seen nothing for an hour, which is the same for all. */
  private static void afterIdling(Workspace workspace, long seconds) throws Exception {
    long idle = Math.max(1, Math.min(10, seconds / 6));
    String name = NAME + "-idle";
    String replica = options(workspace, name);
    String pace = ";haduck.poll_interval=" + idle + "s;haduck.poll_interval_idle=" + idle + "s";
    var random = new Random(1);
    try (Connection writer = write(workspace, name, replica);
        Connection follower = follow(workspace, name, replica + pace)) {
      var lag = new FollowerLag(writer, follower);
      var lags = new Latencies();
      for (int i = 0; i < Math.max(2, seconds / 2); i++) {
        FollowerLag.parkUntil(
            System.nanoTime() + (long) (random.nextDouble() * TimeUnit.SECONDS.toNanos(idle)));
        lag.one(lags);
      }
      row(workspace.out(), "the first one after an hour (looks every " + idle + " s)", lags);
    }
  }

  /** One replica that is followed, and one for which somebody stands by. */
  private static void idle(Workspace workspace, long seconds) throws Exception {
    String followed = workspace.file("counted").toString();
    String contended = workspace.file("counted-too").toString();
    try (Connection writer = write(workspace, "counted-1", counted(WHO[0], followed));
        Connection follower = follow(workspace, "counted-2", counted(WHO[1], followed));
        Connection rival = write(workspace, "counted-3", counted(WHO[2], contended));
        Connection standby =
            connect(workspace, "counted-4", counted(WHO[3], contended) + ";haduck.mode=standby")) {
      var lag = new FollowerLag(writer, follower);
      lag.one(new Latencies());
      new FollowerLag(rival, standby).one(new Latencies());
      // Until they look as seldom as they ever do: after ten idle intervals.
      FollowerLag.parkUntil(System.nanoTime() + TimeUnit.SECONDS.toNanos(2 * seconds));
      double minutes = workspace.options().minutes();
      var before = new HashMap<String, Map<Operation, Long>>();
      for (String who : WHO) {
        before.put(who, CountedStores.requests(who));
      }
      FollowerLag.parkUntil(System.nanoTime() + (long) (minutes * TimeUnit.MINUTES.toNanos(1)));
      PrintStream out = workspace.out();
      out.printf(
          Locale.ROOT,
          "%nrequests in an idle hour (counted for %.1f minutes) %7s %7s %7s %10s %10s%n",
          minutes,
          "GET",
          "LIST",
          "PUT",
          "$ an hour",
          "$ a month");
      for (int i = 0; i < WHO.length; i++) {
        Map<Operation, Long> earlier = before.getOrDefault(WHO[i], Map.of());
        requests(out, WHAT[i], earlier, CountedStores.requests(WHO[i]), 60 / minutes);
      }
      out.printf(
          Locale.ROOT,
          "(S3 Standard, us-east-1: $%.4f for 1,000 PUT or LIST, $%.4f for 1,000 GET)%n",
          WRITE_OR_LIST,
          READ);
      var last = new Latencies();
      lag.one(last);
      out.printf(
          Locale.ROOT,
          "a commit after these %.1f minutes was seen after %.1f s; roles: %s%n",
          minutes,
          last.quantile(1) / 1e3,
          Haduck.status(standby).role());
    }
  }

  private static void requests(
      PrintStream out,
      String who,
      Map<Operation, Long> before,
      Map<Operation, Long> after,
      double factor) {
    double gets = 0;
    double lists = 0;
    double puts = 0;
    for (Map.Entry<Operation, Long> count : after.entrySet()) {
      double more = factor * (count.getValue() - before.getOrDefault(count.getKey(), 0L));
      if (count.getKey().reads()) {
        gets += more;
      } else if (count.getKey() == Operation.LIST) {
        lists += more;
      } else if (count.getKey().writes()) {
        puts += more;
      }
    }
    double dollars = (gets * READ + (lists + puts) * WRITE_OR_LIST) / 1000;
    out.printf(
        Locale.ROOT,
        "  %-50s %7.0f %7.0f %7.0f %10.6f %10.3f%n",
        who,
        gets,
        lists,
        puts,
        dollars,
        dollars * HOURS_A_MONTH);
  }

  private static String counted(String who, String directory) {
    return ";haduck.name=" + NAME + ";haduck.replica=counted://" + who + directory;
  }

  private static String options(Workspace workspace, String name) throws Exception {
    Workspace.Replicas replicas = workspace.replicas(name);
    var options = new StringBuilder(";haduck.name=" + name);
    options.append(";haduck.replica=" + replicas.location());
    for (Map.Entry<String, String> setting : replicas.settings().entrySet()) {
      options.append(";haduck." + setting.getKey() + "=" + setting.getValue());
    }
    return options.toString();
  }

  private static Connection write(Workspace workspace, String name, String options)
      throws Exception {
    Connection writer = connect(workspace, name + "-w", options + ";haduck.durability=commit");
    try (Statement statement = writer.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT 0::BIGINT AS i");
    }
    return writer;
  }

  private static Connection follow(Workspace workspace, String name, String options)
      throws Exception {
    Connection follower = connect(workspace, name + "-f", options + ";haduck.mode=follower");
    try (Statement statement = follower.createStatement()) {
      statement.execute("SELECT max(i) FROM t");
    }
    return follower;
  }

  private static Connection connect(Workspace workspace, String place, String options)
      throws Exception {
    Path directory = Files.createDirectories(workspace.file(place));
    return DriverManager.getConnection(
        "jdbc:haduck:" + directory.resolve("my.duckdb") + ";haduck.linger=0s" + options);
  }
}
