package io.haduck.bench;

import java.util.List;
import java.util.Map;

/** The picture of a soak: what is flat, what is not, and when the store was out. */
final class SoakPlot {
  private SoakPlot() {}

  static TimeSeriesPlot of(List<SoakSample> samples, List<OutagePlan.Outage> outages) {
    Map<String, SoakSeries> series = SoakSeries.all();
    double last = samples.isEmpty() ? 1 : samples.get(samples.size() - 1).seconds();
    var plot = new TimeSeriesPlot(Math.max(1, last));
    for (OutagePlan.Outage outage : outages) {
      plot.shade(outage.begin(), Math.min(outage.end(), last));
    }
    for (List<String> panel :
        List.of(
            List.of("commits a second"),
            List.of("commits pending so far"),
            List.of("lag"),
            List.of("WAL files", "lag, WAL"),
            List.of("database file"),
            List.of("heap after a collection", "heap"),
            List.of("resident memory"),
            List.of("threads"),
            List.of("open descriptors"))) {
      plot.panel(
          panel.stream()
              .flatMap(name -> series.entrySet().stream().filter(e -> e.getKey().equals(name)))
              .map(
                  entry ->
                      new TimeSeriesPlot.Line(
                          entry.getKey(),
                          entry.getValue().unit(),
                          entry.getValue().points(samples)))
              .toList());
    }
    return plot;
  }
}
