package io.haduck.core.model;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs of models, which say how much they have visited. */
final class Runs {
  private static final Logger log = LoggerFactory.getLogger(Runs.class);

  /** How much larger the bounds are than in CI; each one more takes some ten times as long. */
  private static final int MORE = Integer.getInteger("haduck.model", 0);

  private static final int MOST_STATES = 100_000_000;

  private Runs() {}

  static int more(int bound) {
    return bound + MORE;
  }

  static Exploration explore(String name, Model model) {
    Exploration found = Exploration.of(model, MOST_STATES);
    log.info(
        "{}: {} states, {} transitions, depth {}, {}",
        name,
        found.states(),
        found.transitions(),
        found.depth(),
        found.breach() == null ? "safe" : found.breach() + ":");
    for (String line : found.trace()) {
      log.info("{}", line);
    }
    return found;
  }
}
