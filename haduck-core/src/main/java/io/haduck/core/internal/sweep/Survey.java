package io.haduck.core.internal.sweep;

import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.ReplicaObject;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What there is of a log, as far as a sweep has to know it: all that is old, and of the rest what
 * counts.
 *
 * @param head the last changeset
 * @param anchor seq of the last checkpoint at or before it
 * @param lineage of the log
 * @param states those that exist by the last manifest and may expire, and the last ones of periods
 *     behind them; by seq
 * @param old the changesets that may go, ascending
 * @param more whether there are more such changesets behind them, for the next time
 */
record Survey(
    LogPosition head,
    long anchor,
    UUID lineage,
    NavigableMap<Long, State> states,
    List<ReplicaObject> old,
    boolean more) {
  /** A smaller difference of two clocks is nothing to be told of. */
  static final Duration TELLING = Duration.ofMinutes(1);

  /**
   * One state.
   *
   * @param logged for the plan
   * @param digest of its changeset
   */
  record State(LoggedState logged, Digest digest) {}

  /** Copies. */
  Survey {
    states = new TreeMap<>(states);
    old = List.copyOf(old);
  }

  /** The last seq up to which all changesets are in {@code old}; 0 for none. */
  long oldTo() {
    return old.isEmpty() ? 0 : old.get(old.size() - 1).seq();
  }

  /** How much later a writer's clock was than the store's; zero for less than can be a delay. */
  Duration ahead() {
    return states.values().stream()
        .map(State::logged)
        .map(it -> Duration.between(it.modified(), it.time()))
        .filter(it -> it.compareTo(TELLING) > 0)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  List<LoggedState> logged() {
    return states.values().stream().map(State::logged).toList();
  }
}
