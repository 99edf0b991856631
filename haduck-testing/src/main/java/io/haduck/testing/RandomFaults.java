package io.haduck.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;

/**
 * Which calls are hit by which faults: at random, or since a test has said so. Safe for any thread.
 *
 * @param <C> what is called
 * @param <F> what goes wrong
 */
final class RandomFaults<C, F> {
  private record Rule<C, F>(BiPredicate<C, String> calls, F fault) {}

  private final SplittableRandom random;
  private final Map<C, Map<F, Double>> rates = new HashMap<>();
  private final List<Rule<C, F>> rules = new ArrayList<>();
  private final Map<F, AtomicLong> hits = new ConcurrentHashMap<>();

  RandomFaults(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** How often a fault hits a call, from 0 to 1. */
  synchronized void rate(C call, F fault, double rate) {
    rates.computeIfAbsent(call, any -> new HashMap<>()).put(fault, rate);
  }

  /** Lets a fault hit the next call that the predicate picks by its key, once. */
  synchronized void next(BiPredicate<C, String> picks, F fault) {
    rules.add(new Rule<>(picks, fault));
  }

  /** No more faults from now on. */
  synchronized void heal() {
    rates.clear();
    rules.clear();
  }

  /** Whether a fault hits a call with this key; is counted then. */
  synchronized boolean hits(C call, String key, F fault) {
    boolean ruled = false;
    for (Iterator<Rule<C, F>> all = rules.iterator(); all.hasNext() && !ruled; ) {
      Rule<C, F> rule = all.next();
      if (rule.fault() == fault && rule.calls().test(call, key)) {
        all.remove();
        ruled = true;
      }
    }
    double rate = rates.getOrDefault(call, Map.of()).getOrDefault(fault, 0.0);
    boolean hit = ruled || (rate > 0 && random.nextDouble() < rate);
    if (hit) {
      count(fault).incrementAndGet();
    }
    return hit;
  }

  /** How often a fault has hit. */
  long hits(F fault) {
    return count(fault).get();
  }

  private AtomicLong count(F fault) {
    return hits.computeIfAbsent(fault, any -> new AtomicLong());
  }

  /** The next random number below a bound. */
  synchronized long draw(long bound) {
    return random.nextLong(bound);
  }
}
