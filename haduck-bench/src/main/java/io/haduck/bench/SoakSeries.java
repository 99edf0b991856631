package io.haduck.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * One of the things that a soak watches.
 *
 * @param name for people
 * @param unit of what is shown; may be empty
 * @param scale what is shown is so many times the value
 * @param value of a sample; NaN if it does not know it
 */
record SoakSeries(String name, String unit, double scale, ToDoubleFunction<SoakSample> value) {
  /** All of them, by name. */
  static Map<String, SoakSeries> all() {
    var all = new LinkedHashMap<String, SoakSeries>();
    for (SoakSeries each :
        List.of(
            new SoakSeries("commits a second", "", 1, SoakSample::commitsPerSecond),
            new SoakSeries("lag", "s", 1, SoakSample::lagSeconds),
            new SoakSeries("lag, WAL", "KB", 1e-3, SoakSample::lagBytes),
            new SoakSeries("WAL files", "KB", 1e-3, SoakSample::wal),
            new SoakSeries("database file", "MB", 1e-6, SoakSample::database),
            new SoakSeries("heap", "MB", 1e-6, SoakSample::heap),
            new SoakSeries("heap after a collection", "MB", 1e-6, SoakSample::liveHeap),
            new SoakSeries("resident memory", "MB", 1e-6, SoakSample::resident),
            new SoakSeries("threads", "", 1, SoakSample::threads),
            new SoakSeries("open descriptors", "", 1, SoakSample::descriptors),
            new SoakSeries("commits pending so far", "", 1, SoakSample::pending))) {
      all.put(each.name(), each);
    }
    return all;
  }

  /** What is known, in the unit shown. */
  List<Trend.Point> points(List<SoakSample> samples) {
    return samples.stream()
        .filter(each -> !Double.isNaN(value.applyAsDouble(each)))
        .map(each -> new Trend.Point(each.seconds(), value.applyAsDouble(each) * scale))
        .toList();
  }

  double least(List<SoakSample> samples) {
    return points(samples).stream().mapToDouble(Trend.Point::value).min().orElse(0);
  }

  double most(List<SoakSample> samples) {
    return points(samples).stream().mapToDouble(Trend.Point::value).max().orElse(0);
  }

  String shown(double shownValue) {
    return String.format(Locale.ROOT, "%,.2f", shownValue) + (unit.isEmpty() ? "" : " " + unit);
  }
}
