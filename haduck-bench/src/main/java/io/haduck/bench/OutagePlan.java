package io.haduck.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * When the store is out during a soak: every eight minutes, for ten seconds to a minute, and once
 * in six times for four minutes; alternately refusing connections and not answering. A soak that is
 * too short for several of these has shorter ones, closer together.
 */
final class OutagePlan {
  private static final double PERIOD_MINUTES = 8;
  private static final int[] SECONDS = {10, 60, 240, 30, 20, 45};
  private static final int LEAST = 7;

  private OutagePlan() {}

  /**
   * One outage.
   *
   * @param begin seconds since the soak began
   * @param end seconds since the soak began
   */
  record Outage(double begin, double end, StoreProcess.Outage kind) {
    boolean holds(double second) {
      return begin <= second && second < end;
    }
  }

  static List<Outage> over(double minutes) {
    double period = Math.min(PERIOD_MINUTES, minutes / (LEAST + 0.5)) * 60;
    var outages = new ArrayList<Outage>();
    for (int i = 0; (i + 1.25) * period <= minutes * 60; i++) {
      double begin = (i + 1) * period;
      double length = SECONDS[i % SECONDS.length] * period / (PERIOD_MINUTES * 60);
      StoreProcess.Outage[] kinds = StoreProcess.Outage.values();
      outages.add(new Outage(begin, begin + length, kinds[i % kinds.length]));
    }
    return outages;
  }
}
