package io.haduck.bench;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;

/** Durations of many calls, by their distribution. Safe for any number of threads. */
final class Latencies {
  private long[] nanos = new long[1024];
  private int count;

  synchronized void add(long duration) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = duration;
  }

  synchronized int count() {
    return count;
  }

  /** In milliseconds; {@code share} of all are not longer. */
  synchronized double quantile(double share) {
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    return count == 0
        ? Double.NaN
        : sorted[(int) Math.min(count - 1L, Math.round(share * count))] / 1e6;
  }

  void report(PrintStream out, String name) {
    out.printf(
        Locale.ROOT,
        "  %-60s n=%,7d  p50 %8.2f  p90 %8.2f  p99 %8.2f  max %8.2f ms%n",
        name,
        count(),
        quantile(0.5),
        quantile(0.9),
        quantile(0.99),
        quantile(1));
  }
}
