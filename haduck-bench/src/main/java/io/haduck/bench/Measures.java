package io.haduck.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Durations of several things, each taken once in every round, so that one round's figures can be
 * divided by each other: what disturbs the machine disturbs both.
 */
final class Measures {
  private final Map<String, List<Double>> millis = new LinkedHashMap<>();
  private final PrintStream out;

  Measures(PrintStream out) {
    this.out = out;
  }

  /** What is timed. */
  @FunctionalInterface
  interface Timed {
    void run() throws Exception;
  }

  /** Runs it and notes how long it took. */
  void time(String name, Timed timed) throws Exception {
    long begun = System.nanoTime();
    timed.run();
    add(name, System.nanoTime() - begun);
  }

  void add(String name, long nanos) {
    millis.computeIfAbsent(name, unused -> new ArrayList<>()).add(nanos / 1e6);
  }

  /** One line: the least, the median and the most of a measure. */
  void report(String name) {
    out.printf(Locale.ROOT, "  %-76s %s ms%n", name, spread(values(name), "%,10.1f"));
  }

  /** One line: a measure divided by another, round by round. */
  void ratio(String name, String baseline) {
    out.printf(
        Locale.ROOT,
        "  %-76s %s%n",
        "  " + name + " / " + baseline,
        spread(ratios(name, baseline), "%10.3f"));
  }

  /** The heading of what {@link #report} and {@link #ratio} print. */
  void heading() {
    out.printf(Locale.ROOT, "  %-76s %10s %10s %10s%n", "", "min", "median", "max");
  }

  private double[] ratios(String name, String baseline) {
    double[] over = values(name);
    double[] under = values(baseline);
    double[] ratios = new double[over.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = over[i] / under[i];
    }
    return ratios;
  }

  private double[] values(String name) {
    return millis.getOrDefault(name, List.of()).stream().mapToDouble(value -> value).toArray();
  }

  private static String spread(double[] values, String format) {
    return String.format(
        Locale.ROOT,
        format + " " + format + " " + format,
        Arrays.stream(values).min().orElse(Double.NaN),
        median(values),
        Arrays.stream(values).max().orElse(Double.NaN));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** For people, such as {@code 41.2 MB}; powers of ten. */
  static String bytes(long bytes) {
    return bytes >= 1_000_000_000
        ? String.format(Locale.ROOT, "%.2f GB", bytes / 1e9)
        : String.format(Locale.ROOT, "%.2f MB", bytes / 1e6);
  }
}
