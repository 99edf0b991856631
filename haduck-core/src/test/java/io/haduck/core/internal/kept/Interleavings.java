package io.haduck.core.internal.kept;

import io.haduck.core.HaduckException;
import io.haduck.core.internal.kept.ReplayedStore.Fault;
import io.haduck.core.internal.kept.ReplayedStore.Stop;
import io.haduck.core.store.ObjectStore;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Visits every order in which the calls of some processes can reach a store, breadth first: their
 * code itself, not a model of it. Each may stop for good before each of its calls. Some writes lose
 * their answers, or arrive late. For one thread.
 */
final class Interleavings {
  private final List<Part> parts;
  private final BiFunction<StoreContent, List<String>, @Nullable String> breach;
  private final int mostFaults;
  private final Map<State, Come> found = new HashMap<>();
  private final Map<String, Integer> outcomes = new TreeMap<>();
  private final Map<Played, String> places = new HashMap<>();
  private int transitions;

  /** What a process does. */
  @FunctionalInterface
  interface Part {
    /** Returns how it ended. */
    String play(ObjectStore store);
  }

  private record Played(int part, List<Object> answers) {}

  private record State(StoreContent content, List<List<Object>> answers, int faults) {}

  private record Come(@Nullable State from, String step) {}

  /**
   * What is to be visited.
   *
   * @param breach says what is wrong in a state, where the processes are as told: how they ended,
   *     or {@code …} before that; null if nothing is
   */
  Interleavings(
      List<Part> parts,
      int mostFaults,
      BiFunction<StoreContent, List<String>, @Nullable String> breach) {
    this.parts = parts;
    this.mostFaults = mostFaults;
    this.breach = breach;
  }

  int states() {
    return found.size();
  }

  int transitions() {
    return transitions;
  }

  /** In how many states how many processes were told so. */
  Map<String, Integer> outcomes() {
    return outcomes;
  }

  /** Returns the first thing that goes wrong, with the way there; null if nothing does. */
  @Nullable String explore(StoreContent begin) {
    Deque<State> next = new ArrayDeque<>();
    List<List<Object>> nothing = new ArrayList<>();
    parts.forEach(part -> nothing.add(List.of()));
    State first = new State(begin, nothing, 0);
    found.put(first, new Come(null, "begin"));
    next.add(first);
    while (!next.isEmpty()) {
      State state = next.remove();
      List<String> places = places(state);
      places.forEach(place -> outcomes.merge(place, 1, Integer::sum));
      String problem = breach.apply(state.content(), places);
      if (problem != null) {
        return problem + trace(state) + "\n" + places;
      }
      for (State successor : successors(state, places)) {
        next.add(successor);
      }
    }
    return null;
  }

  private List<String> places(State state) {
    List<String> places = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      var played = new Played(i, state.answers().get(i));
      String place = this.places.get(played);
      if (place == null) {
        place = place(parts.get(i), new ReplayedStore(played.answers()));
        this.places.put(played, place);
      }
      places.add(place);
    }
    return places;
  }

  private static final String READS = "… reads";
  private static final String WRITES = "… writes";

  private static String place(Part part, ReplayedStore store) {
    try {
      return part.play(store);
    } catch (Stop stop) {
      return stop.writes ? WRITES : READS;
    } catch (HaduckException e) {
      return e.getClass().getSimpleName();
    }
  }

  private List<State> successors(State state, List<String> places) {
    List<State> all = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      if (places.get(i).equals(READS)) {
        step(all, state, i, Fault.NONE);
      } else if (places.get(i).equals(WRITES)) {
        for (Fault fault : Fault.values()) {
          if (fault == Fault.NONE || state.faults() < mostFaults) {
            step(all, state, i, fault);
          }
        }
      }
    }
    for (int i = 0; i < state.content().late().size(); i++) {
      StoreContent after = state.content().arrived(i);
      String key = state.content().late().get(i).key();
      add(all, state, new State(after, state.answers(), state.faults()), "late: " + key);
    }
    return all;
  }

  private void step(List<State> all, State state, int part, Fault fault) {
    var store =
        new ReplayedStore(new ArrayList<>(state.answers().get(part)), state.content(), fault);
    String unused = place(parts.get(part), store);
    List<List<Object>> answers = new ArrayList<>(state.answers());
    answers.set(part, List.copyOf(store.answers()));
    int faults = state.faults() + (fault == Fault.NONE ? 0 : 1);
    String step = part + " " + fault + ": " + store.last();
    add(all, state, new State(store.content(), answers, faults), step);
  }

  private void add(List<State> all, State from, State to, String step) {
    transitions++;
    if (found.putIfAbsent(to, new Come(from, step)) == null) {
      all.add(to);
    }
  }

  private String trace(State state) {
    Deque<String> steps = new ArrayDeque<>();
    for (State at = state; at != null; ) {
      Come come = found.get(at);
      if (come == null) {
        break;
      }
      steps.addFirst(come.step());
      at = come.from();
    }
    return "\n" + String.join("\n", steps);
  }
}
