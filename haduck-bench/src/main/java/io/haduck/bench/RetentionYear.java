package io.haduck.bench;

import io.haduck.core.retention.Period;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Two simulated years of a real DuckDB database that is swept each night: with the default policy
 * until the middle, and with days and months kept beyond the window after it. Each week sampled
 * states are restored and compared. The store is in memory unless S3 is asked for. With {@code
 * --plot}, what is ended goes on after its last whole week when it is begun again.
 */
final class RetentionYear implements Scenario {
  private static final double WEEK_SECONDS = Duration.ofDays(7).toSeconds();

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    PrintStream out = workspace.out();
    long seed = Long.getLong("haduck.seed", 7);
    int weeks = options.weeks();
    out.printf(
        Locale.ROOT,
        "%d weeks of -Dhaduck.seed=%d, the second half with keep_daily=30, keep_monthly=12%n",
        weeks,
        seed);
    List<YearWeek> samples = new ArrayList<>();
    Path plot = options.plot();
    Path state = plot == null ? null : beside(plot, ".state");
    try (var year = SimulatedYear.begin(workspace, seed)) {
      if (plot != null && state != null && Files.exists(state)) {
        year.resume(state);
        Files.readAllLines(beside(plot, ".csv")).stream()
            .skip(1)
            .limit(year.weeks())
            .map(YearWeek::parse)
            .forEach(samples::add);
        out.println("going on after week " + samples.size() + ", as " + state + " says");
      }
      for (int week = samples.size() + 1; week <= weeks; week++) {
        if (week > weeks / 2) {
          year.keep(Map.of(Period.DAILY, 30, Period.MONTHLY, 12));
        }
        samples.add(year.week(week));
        if (plot != null && state != null) {
          draw(plot, samples, weeks);
          writeCsv(beside(plot, ".csv"), samples);
          year.save(state); // last: it says how many of the samples count
        }
      }
      out.println(year);
    }
    report(out, samples, weeks);
    if (state != null) {
      Files.deleteIfExists(state);
    }
  }

  private static Path beside(Path plot, String ending) {
    return plot.resolveSibling(plot.getFileName() + ending);
  }

  private static void writeCsv(Path file, List<YearWeek> samples) throws IOException {
    List<String> lines = new ArrayList<>(List.of(YearWeek.CSV_HEADER));
    samples.forEach(sample -> lines.add(sample.csv()));
    Files.write(file, lines);
  }

  private static void report(PrintStream out, List<YearWeek> samples, int weeks) {
    out.println(
        "  week  objects  changesets  below  EPOCHs  segments  snapshots  manifests (MB)  points"
            + "        MB  file MB  kept below  writer PUT/GET/LIST  sweeps PUT/GET/LIST  deleted"
            + "  $ a week");
    for (YearWeek each : samples) {
      int week = each.week();
      if (week <= 4 || week % 13 == 0 || week % 13 == 1 || weeks < 20) {
        out.printf(
            Locale.ROOT,
            "  %4d  %,7d  %,10d  %,5d  %,6d  %,8d  %,9d  %,9d %4.2f  %,6d  %8.2f  %7.2f  %,10d"
                + "  %,5d/%,6d/%,6d  %,4d/%,7d/%,6d  %,7d  %.5f%n",
            week,
            each.objects(),
            each.changesets(),
            each.below(),
            each.epochs(),
            each.segments(),
            each.snapshots(),
            each.manifests(),
            each.manifestBytes() / 1e6,
            each.names(),
            each.bytes() / 1e6,
            each.databaseBytes() / 1e6,
            each.retained(),
            each.writer().puts(),
            each.writer().gets(),
            each.writer().lists(),
            each.sweeps().puts(),
            each.sweeps().gets(),
            each.sweeps().lists(),
            each.deleted(),
            each.requestDollars() + each.storageDollars());
      }
    }
    int half = weeks / 2;
    slopes(out, "first half from week 4 on", samples, 4, half);
    slopes(out, "second half from its week 6 on", samples, half + 6, weeks);
  }

  private static void slopes(
      PrintStream out, String what, List<YearWeek> samples, int from, int to) {
    List<YearWeek> part =
        samples.stream().filter(it -> it.week() >= from && it.week() <= to).toList();
    if (part.size() < 2) {
      return;
    }
    out.println("  " + what + ", straight lines:");
    slope(out, "objects", part, YearWeek::objects);
    slope(out, "objects but manifests and writers", part, it -> without(it));
    slope(out, "bytes (MB)", part, it -> it.bytes() / 1e6);
    slope(out, "requests a week", part, it -> it.writer().all() + it.sweeps().all());
    slope(out, "dollars a week", part, it -> it.requestDollars() + it.storageDollars());
  }

  private static double without(YearWeek week) {
    return week.objects() - (double) week.manifests() - week.epochs();
  }

  private static void slope(
      PrintStream out, String name, List<YearWeek> weeks, ToDoubleFunction<YearWeek> value) {
    Trend trend = Trend.through(points(weeks, value));
    out.printf(
        Locale.ROOT,
        "    %-36s mean %12.5f  per week %+10.5f  least %12.5f  most %12.5f%n",
        name,
        trend.mean(),
        trend.perHour() / 3600 * WEEK_SECONDS,
        weeks.stream().mapToDouble(value).min().orElse(0),
        weeks.stream().mapToDouble(value).max().orElse(0));
  }

  private static List<Trend.Point> points(List<YearWeek> weeks, ToDoubleFunction<YearWeek> value) {
    return weeks.stream()
        .map(it -> new Trend.Point(it.week() * WEEK_SECONDS, value.applyAsDouble(it)))
        .toList();
  }

  private static void draw(Path file, List<YearWeek> samples, int weeks) throws IOException {
    var plot =
        new TimeSeriesPlot(
            weeks * WEEK_SECONDS,
            WEEK_SECONDS,
            "a replica over two simulated years",
            "weeks since the beginning; shaded: keep_daily=30, keep_monthly=12");
    int half = weeks / 2;
    plot.shade(half * WEEK_SECONDS, weeks * WEEK_SECONDS);
    plot.panel(
        List.of(
            line("objects", "", samples, YearWeek::objects),
            line("without manifests and EPOCHs", "", samples, RetentionYear::without)));
    plot.panel(
        List.of(
            line("replica", "MB", samples, it -> it.bytes() / 1e6),
            line("database file", "MB", samples, it -> it.databaseBytes() / 1e6)));
    plot.panel(
        List.of(
            line("manifests", "", samples, YearWeek::manifests),
            line("EPOCHs below the window", "", samples, YearWeek::epochs)));
    plot.panel(List.of(line("states kept below the window", "", samples, YearWeek::retained)));
    plot.panel(
        List.of(
            line("requests of the writer in a week", "", samples, it -> it.writer().all()),
            line("of the sweeps", "", samples, it -> it.sweeps().all())));
    plot.panel(List.of(line("objects deleted in a week", "", samples, YearWeek::deleted)));
    plot.panel(
        List.of(
            line(
                "all a week",
                "US cents",
                samples,
                it -> 100 * (it.requestDollars() + it.storageDollars())),
            line("storage", "US cents", samples, it -> 100 * it.storageDollars())));
    Files.writeString(file, plot.svg());
  }

  private static TimeSeriesPlot.Line line(
      String name, String unit, List<YearWeek> samples, ToDoubleFunction<YearWeek> value) {
    return new TimeSeriesPlot.Line(name, unit, points(samples, value));
  }
}
