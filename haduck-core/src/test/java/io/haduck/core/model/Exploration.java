package io.haduck.core.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Visits every state that a model can get into, breadth first, so that the first breach found is
 * one of the shortest. Keeps whole states, not hashes of them: what it has not found is not there.
 * For one thread.
 */
final class Exploration {
  private final Model model;
  private final StateSet found;
  private long transitions;
  private int depth;
  private @Nullable Breach breach;
  private List<String> trace = List.of();

  private Exploration(Model model) {
    this.model = model;
    this.found = new StateSet(model.initial().length);
  }

  /**
   * Visits all states, or those up to the first breach.
   *
   * @param mostStates how many there may be
   * @throws IllegalStateException if there are more
   */
  static Exploration of(Model model, int mostStates) {
    var exploration = new Exploration(model);
    exploration.run(mostStates);
    return exploration;
  }

  int states() {
    return found.size();
  }

  long transitions() {
    return transitions;
  }

  /** Returns how many steps lead to the state that is farthest away. */
  int depth() {
    return depth;
  }

  /** Returns what went wrong first; null if nothing does. */
  @Nullable Breach breach() {
    return breach;
  }

  /** Returns the steps to the breach, one a line, each with the state after it. */
  List<String> trace() {
    return trace;
  }

  private void run(int mostStates) {
    found.add(model.initial(), -1);
    int endOfLevel = 1;
    for (int i = 0; i < found.size(); i++) {
      if (i == endOfLevel) {
        depth++;
        endOfLevel = found.size();
      }
      byte[] state = found.get(i);
      breach = model.breach(state);
      if (breach != null) {
        trace = traceTo(i);
        return;
      }
      int from = i;
      model.successors(
          state,
          (who, what, next) -> {
            transitions++;
            found.add(next, from);
          });
      if (found.size() > mostStates) {
        throw new IllegalStateException("more than " + mostStates + " states");
      }
    }
  }

  /**
   * Looks for a state from which no steps lead to where somebody wants to come: a deadlock.
   *
   * @return the first of them as text; null if each state leads there
   */
  @Nullable String stuck(Predicate<byte[]> goal) {
    BitSet leads = new BitSet(found.size());
    boolean changed = true;
    while (changed) {
      changed = false;
      // Backwards, since most steps lead forwards: a few rounds do.
      for (int i = found.size() - 1; i >= 0; i--) {
        if (!leads.get(i) && (goal.test(found.get(i)) || hasStepInto(leads, i))) {
          leads.set(i);
          changed = true;
        }
      }
    }
    int first = leads.nextClearBit(0);
    return first < found.size() ? String.join("\n", traceTo(first)) : null;
  }

  private boolean hasStepInto(BitSet leads, int from) {
    boolean[] into = new boolean[1];
    model.successors(
        found.get(from), (who, what, next) -> into[0] |= leads.get(found.indexOf(next)));
    return into[0];
  }

  private List<String> traceTo(int last) {
    Deque<Integer> path = new ArrayDeque<>();
    for (int i = last; i >= 0; i = found.parent(i)) {
      path.addFirst(i);
    }
    List<String> lines = new ArrayList<>();
    int before = path.removeFirst();
    for (int after : path) {
      byte[] wanted = found.get(after);
      String[] step = new String[1];
      model.successors(
          found.get(before),
          (who, what, next) -> {
            if (step[0] == null && Arrays.equals(next, wanted)) {
              step[0] = who + ": " + what;
            }
          });
      lines.add(String.format("%2d. %-58s %s", lines.size() + 1, step[0], model.text(wanted)));
      before = after;
    }
    return lines;
  }
}
