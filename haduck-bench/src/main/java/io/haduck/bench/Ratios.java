package io.haduck.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * Many ratios of the same two things, each taken within a moment: their median, and between which
 * two values it lies with a certainty of 95 %, found by drawing from them again and again (the
 * percentile bootstrap).
 */
final class Ratios {
  private static final int DRAWS = 1000;

  private double[] ratios = new double[256];
  private int count;

  void add(double ratio) {
    if (count == ratios.length) {
      ratios = Arrays.copyOf(ratios, 2 * count);
    }
    ratios[count++] = ratio;
  }

  @Override
  public String toString() {
    double[] all = Arrays.copyOf(ratios, count);
    double middle = median(all.clone());
    var random = new Random(11);
    double[] medians = new double[DRAWS];
    double[] drawn = new double[count];
    for (int draw = 0; draw < DRAWS; draw++) {
      for (int i = 0; i < count; i++) {
        drawn[i] = all[random.nextInt(count)];
      }
      medians[draw] = median(drawn);
    }
    Arrays.sort(medians);
    return String.format(
        Locale.ROOT,
        "%.4f  (%.4f to %.4f)",
        middle,
        medians[DRAWS * 25 / 1000],
        medians[DRAWS * 975 / 1000]);
  }

  /** Sorts them. */
  private static double median(double[] values) {
    Arrays.sort(values);
    int half = values.length / 2;
    if (values.length == 0) {
      return Double.NaN;
    }
    return values.length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }
}
