package io.haduck.core.internal.retention;

import io.haduck.core.internal.retention.LoggedState.Kind;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What is kept, and why.
 *
 * @param states by seq; never changed
 * @param floors from which on everything is kept
 */
public record RetainedStates(NavigableMap<Long, Kept> states, Floors floors) {
  /**
   * One that is kept.
   *
   * @param state itself
   * @param reasons at least one, in the order in which they were found
   */
  public record Kept(LoggedState state, List<String> reasons) {
    /** Copies the list. */
    public Kept {
      reasons = List.copyOf(reasons);
    }
  }

  /** Copies the map. */
  public RetainedStates {
    states = Collections.unmodifiableNavigableMap(new TreeMap<>(states));
  }

  /** Whether the state after a changeset is kept. */
  public boolean contains(long seq) {
    return states.containsKey(seq);
  }

  /**
   * Those that nothing kept before them leads to: each needs a snapshot of its own before anything
   * else is deleted. Ascending by seq.
   */
  public List<LoggedState> startingPoints() {
    return states.values().stream().map(Kept::state).filter(this::isStartingPoint).toList();
  }

  private boolean isStartingPoint(LoggedState state) {
    return state.seq() <= floors.wholeFrom()
        || (state.seq() < floors.walFrom() && state.kind() != Kind.CHECKPOINT);
  }
}
