package io.haduck.bench;

import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.ObjectStore;
import io.haduck.jdbc.Haduck;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An hour of steady work through {@code jdbc:haduck:} with {@code durability=commit}, while the
 * store is out now and then, and the database closed and opened again: what the process holds must
 * not grow. At the end the replica is restored and compared row by row.
 */
final class Soak implements Scenario {
  private static final String NAME = "soak.duckdb";
  private static final List<String> TABLES = List.of("events", "accounts");

  /** In a soak of an hour and more; closer together in a shorter one. */
  private static final double SAMPLING_SECONDS = 5;

  private static final double COLLECTING_SECONDS = 60;
  private static final double DRAWING_SECONDS = 120;

  /** Of the time: until then the process still grows into its work. */
  private static final double WARM_UP = 0.15;

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    Path database = workspace.file(NAME);
    Workspace.Replicas replicas = workspace.replicas(NAME);
    var properties = new Properties();
    replicas.settings().forEach((key, value) -> properties.setProperty("haduck." + key, value));
    properties.setProperty("haduck.replica", replicas.location().toString());
    properties.setProperty("haduck.durability", "commit");
    properties.setProperty("haduck.sync_timeout", "2s");
    String url =
        "jdbc:haduck:" + database + ";memory_limit=256MB;threads=2;checkpoint_threshold=1MB";
    StoreProcess server = workspace.server();
    List<OutagePlan.Outage> plan = server == null ? List.of() : OutagePlan.over(options.minutes());
    var samples = new ArrayList<SoakSample>();
    try (var work = new SoakWork(url, properties)) {
      work.start();
      try (var outages = new StoreOutages(server, plan)) {
        watch(options, database, work, outages, plan, samples);
      }
      workspace.out().println(work);
    }
    report(workspace.out(), options, plan, samples);
    compare(workspace, database, replicas);
  }

  /** Samples, draws and reopens until the time has passed. */
  private static void watch(
      Options options,
      Path database,
      SoakWork work,
      StoreOutages outages,
      List<OutagePlan.Outage> plan,
      List<SoakSample> samples)
      throws Exception {
    double end = options.minutes() * 60;
    double part = Math.min(1, options.minutes() / 60);
    var sampling = new Pace(Math.max(0.5, SAMPLING_SECONDS * part));
    var collecting = new Pace(Math.max(1, COLLECTING_SECONDS * part));
    var drawing = new Pace(DRAWING_SECONDS);
    var reopening = new ArrayList<Double>(reopenings(plan, end));
    try (Writer csv = csv(options.plot())) {
      for (double now = 0; now < end; now = outages.now()) {
        if (!reopening.isEmpty() && reopening.get(0) <= now) {
          reopening.remove(0);
          work.reopen();
        }
        if (sampling.due(now)) {
          SoakSample sample =
              sample(now, database, work, outages.out(), collecting.due(now), samples);
          samples.add(sample);
          csv.write(sample.csv() + "\n");
          csv.flush();
          work.failIfOneFailed();
        }
        if (drawing.due(now)) {
          draw(options.plot(), plan, samples);
        }
        LockSupport.parkNanos(100_000_000);
      }
    }
    draw(options.plot(), plan, samples);
  }

  /** What is done every so many seconds. */
  private static final class Pace {
    private final double seconds;
    private double next;

    Pace(double seconds) {
      this.seconds = seconds;
    }

    boolean due(double now) {
      if (now < next) {
        return false;
      }
      next = Math.max(next + seconds, now);
      return true;
    }
  }

  /** In the middle between two outages, every other time. */
  private static List<Double> reopenings(List<OutagePlan.Outage> outages, double end) {
    var moments = new ArrayList<Double>();
    for (int i = 0; i < outages.size(); i += 2) {
      double next = i + 1 < outages.size() ? outages.get(i + 1).begin() : end;
      moments.add((outages.get(i).end() + next) / 2);
    }
    return moments;
  }

  private static SoakSample sample(
      double now,
      Path database,
      SoakWork work,
      boolean out,
      boolean collect,
      List<SoakSample> before)
      throws Exception {
    long heap = ProcessGauges.heap();
    ReplicatorStatus status = work.status();
    SoakSample last = before.isEmpty() ? null : before.get(before.size() - 1);
    double commits = work.commits();
    double seconds = last == null ? Math.max(now, 1) : now - last.seconds();
    return new SoakSample(
        now,
        out,
        heap,
        collect ? ProcessGauges.liveHeap() : Double.NaN,
        ProcessGauges.residentBytes(),
        ProcessGauges.threads(),
        ProcessGauges.descriptors(),
        status == null ? Double.NaN : status.lag().toMillis() / 1e3,
        status == null ? Double.NaN : status.lagBytes(),
        size(database, ".wal", ".wal.checkpoint", ".wal.recovery"),
        size(database, ""),
        commits,
        last == null ? 0 : (commits - last.commits()) / seconds,
        work.pending(),
        status == null ? Double.NaN : status.seq());
  }

  private static double size(Path database, String... endings) throws IOException {
    double sum = 0;
    for (String ending : endings) {
      Path file = database.resolveSibling(NAME + ending);
      try {
        sum += Files.size(file);
      } catch (NoSuchFileException e) {
        sum += 0; // gone after a checkpoint
      }
    }
    return sum;
  }

  private static Writer csv(@Nullable Path plot) throws IOException {
    if (plot == null) {
      return Writer.nullWriter();
    }
    Writer csv = Files.newBufferedWriter(plot.resolveSibling(plot.getFileName() + ".csv"));
    csv.write(SoakSample.CSV_HEADER + "\n");
    return csv;
  }

  private static void draw(
      @Nullable Path plot, List<OutagePlan.Outage> outages, List<SoakSample> samples)
      throws IOException {
    if (plot != null) {
      Files.writeString(plot, SoakPlot.of(samples, outages).svg());
    }
  }

  private static void report(
      PrintStream out, Options options, List<OutagePlan.Outage> outages, List<SoakSample> samples) {
    double warm = options.minutes() * 60 * WARM_UP;
    List<SoakSample> steady = samples.stream().filter(each -> each.seconds() >= warm).toList();
    out.printf(
        Locale.ROOT,
        "%.1f minutes, %d samples, %d outages of %.0f s in all; slopes after the first %.0f s:%n",
        options.minutes(),
        samples.size(),
        outages.size(),
        outages.stream().mapToDouble(each -> each.end() - each.begin()).sum(),
        warm);
    Map<String, SoakSeries> series = SoakSeries.all();
    for (SoakSeries each : series.values()) {
      Trend trend = Trend.through(each.points(steady));
      out.printf(
          Locale.ROOT,
          "  %-28s mean %12s   slope per hour %12s   least %12s   most %12s%n",
          each.name(),
          each.shown(trend.mean()),
          each.shown(trend.perHour()),
          each.shown(each.least(steady)),
          each.shown(each.most(steady)));
    }
    for (OutagePlan.Outage outage : outages) {
      String caughtUp =
          samples.stream()
              .filter(each -> each.seconds() >= outage.end() && each.lagSeconds() < 1)
              .map(each -> String.format(Locale.ROOT, "%.1f s", each.seconds() - outage.end()))
              .findFirst()
              .orElse("longer than was watched");
      out.printf(
          Locale.ROOT,
          "  outage at %.0f s for %.0f s (%s): from its end until caught up %s%n",
          outage.begin(),
          outage.end() - outage.begin(),
          outage.kind().name().toLowerCase(Locale.ROOT),
          caughtUp);
    }
  }

  /** The replica is restored to another file, which must hold what the database does. */
  private static void compare(Workspace workspace, Path database, Workspace.Replicas replicas)
      throws SQLException {
    Path restored = workspace.file("restored.duckdb");
    long begun = System.nanoTime();
    RestoreResult result;
    try (ObjectStore store = replicas.open(NAME)) {
      result = Haduck.restore(RestoreRequest.latest(store, restored));
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    long rows = 0;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + database + "' AS source");
      statement.execute("ATTACH '" + restored + "' AS restored");
      for (String table : TABLES) {
        long different =
            number(statement, difference("source." + table, "restored." + table))
                + number(statement, difference("restored." + table, "source." + table));
        if (different > 0) {
          throw new IllegalStateException(
              different + " rows of " + table + " differ between the database and its replica");
        }
        rows += number(statement, "SELECT count(*) FROM restored." + table);
      }
    }
    workspace
        .out()
        .printf(
            Locale.ROOT,
            "restored seq %,d in %.1f s: all %,d rows are those of the database%n",
            result.seq(),
            seconds,
            rows);
  }

  private static String difference(String one, String other) {
    return "SELECT count(*) FROM (FROM " + one + " EXCEPT ALL FROM " + other + ")";
  }

  private static long number(Statement statement, String sql) throws SQLException {
    try (ResultSet found = statement.executeQuery(sql)) {
      found.next();
      return found.getLong(1);
    }
  }
}
