package io.haduck.core.internal.retention;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.retention.LoggedState.Kind;
import io.haduck.core.internal.retention.RetainedStates.Kept;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which states of a log a policy keeps. Pure: the same answer for the same facts.
 *
 * <p>The age of a state is that of its key in the store; its own time only names and orders it,
 * since it is its writer's. Where a store's clock was set back, so that a later key looks older,
 * everything from the first young one on counts as young.
 */
public final class Retention {
  private final RetentionPolicy policy;
  private final List<LoggedState> states;
  private final Floors before;
  private final Instant now;
  private final NavigableMap<Integer, List<String>> reasons = new TreeMap<>();

  private Retention(RetentionPolicy policy, List<LoggedState> states, Floors before, Instant now) {
    this.policy = policy;
    this.states = states;
    this.before = before;
    this.now = now;
  }

  /**
   * Says what is kept.
   *
   * @param states that exist by the manifest, ascending by seq
   * @param before of the manifest: what was given up below them does not come back when a policy
   *     grows, so no window reaches below them again
   * @param named kept whatever the policy says
   * @param now the store's time
   * @throws CorruptDataException if a named state is not among them: then nothing may be deleted
   */
  public static RetainedStates select(
      RetentionPolicy policy,
      List<LoggedState> states,
      Floors before,
      List<NamedState> named,
      Instant now) {
    return new Retention(policy, List.copyOf(states), before, now).select(named);
  }

  private RetainedStates select(List<NamedState> named) {
    if (states.isEmpty()) {
      if (!named.isEmpty()) {
        throw missing(named.get(0));
      }
      return new RetainedStates(new TreeMap<>(), before);
    }
    Duration longer =
        policy.window().compareTo(policy.walWindow()) > 0 ? policy.window() : policy.walWindow();
    int walBase = atLeast(before.walFrom(), startingPoint(lastBefore(policy.walWindow())));
    int wholeBase = atLeast(before.wholeFrom(), startingPoint(lastBefore(longer)));
    windows(wholeBase, walBase);
    keep(startingPoint(Math.max(0, wholeBase - 1)), "second starting point of the window");
    keep(states.size() - 1, "newest");
    minimum();
    for (Period period : Period.values()) {
      lastOfEach(period);
    }
    for (NamedState name : named) {
      keep(find(name), name.reason());
    }
    return kept(new Floors(states.get(wholeBase).seq(), states.get(walBase).seq()));
  }

  /** The last state before the first young one: it was the current one as the window began. */
  private int lastBefore(Duration window) {
    for (int i = 0; i < states.size(); i++) {
      if (Duration.between(states.get(i).modified(), now).compareTo(window) < 0) {
        return Math.max(0, i - 1);
      }
    }
    return states.size() - 1;
  }

  /** The newest checkpoint there or before; the oldest state if there is none. */
  private int startingPoint(int index) {
    for (int i = index; i > 0; i--) {
      if (states.get(i).kind() == Kind.CHECKPOINT) {
        return i;
      }
    }
    return 0;
  }

  private int atLeast(long seq, int index) {
    int i = index;
    while (i < states.size() - 1 && states.get(i).seq() < seq) {
      i++;
    }
    return i;
  }

  private void windows(int wholeBase, int walBase) {
    for (int i = wholeBase; i < states.size(); i++) {
      if (i >= walBase) {
        keep(i, "window of commits");
      } else if (states.get(i).kind() == Kind.CHECKPOINT || i == wholeBase) {
        keep(i, "window");
      }
    }
  }

  private void minimum() {
    int left = policy.minimum();
    for (int i = states.size() - 1; i >= 0 && left > 0; i--) {
      if (states.get(i).kind() == Kind.CHECKPOINT) {
        keep(i, "one of the " + policy.minimum() + " newest checkpoints");
        left--;
      }
    }
  }

  /** From the newest back: the first of a period that is met is its last. */
  private void lastOfEach(Period period) {
    int left = policy.keep(period);
    ZonedDateTime met = null;
    for (int i = states.size() - 1; i >= 0 && left > 0; i--) {
      LoggedState state = states.get(i);
      ZonedDateTime start = period.startOf(state.time(), policy.zone());
      if (state.kind() != Kind.EPOCH && !start.equals(met)) {
        keep(i, period.reason(start));
        met = start;
        left--;
      }
    }
  }

  private int find(NamedState name) {
    int low = 0;
    int high = states.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long seq = states.get(middle).seq();
      if (seq == name.seq()) {
        return middle;
      }
      if (seq < name.seq()) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    throw missing(name);
  }

  private static CorruptDataException missing(NamedState name) {
    return new CorruptDataException(
        name.reason()
            + " names seq "
            + name.seq()
            + ", which the log does not have any more; nothing is deleted");
  }

  private void keep(int index, String reason) {
    List<String> said = reasons.computeIfAbsent(index, any -> new ArrayList<>(2));
    if (!said.contains(reason)) {
      said.add(reason);
    }
  }

  private RetainedStates kept(Floors floors) {
    NavigableMap<Long, Kept> kept = new TreeMap<>();
    reasons.forEach(
        (index, said) -> {
          LoggedState state = states.get(index);
          kept.put(state.seq(), new Kept(state, said));
        });
    return new RetainedStates(kept, floors);
  }
}
