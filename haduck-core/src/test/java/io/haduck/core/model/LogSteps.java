package io.haduck.core.model;

import java.util.Set;
import java.util.function.Consumer;

/** Collects the steps out of one state of the log. */
final class LogSteps {
  private final LogModel model;
  private final byte[] from;
  private final Model.Steps steps;
  private final Set<Landmark> reached;

  LogSteps(LogModel model, byte[] from, Model.Steps steps, Set<Landmark> reached) {
    this.model = model;
    this.from = from;
    this.steps = steps;
    this.reached = reached;
  }

  /** Adds a step, which changes a copy of the state. */
  void add(String who, String what, Consumer<World> change) {
    World next = model.decode(from);
    change.accept(next);
    model.canonical(next);
    steps.add(who, what, next.encode());
  }

  void reached(Landmark landmark) {
    reached.add(landmark);
  }
}
