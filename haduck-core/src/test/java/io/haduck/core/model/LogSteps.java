package io.haduck.core.model;

import java.util.function.Consumer;

/** Collects the steps out of one state of the log. */
interface LogSteps {
  /** Adds a step, which changes a copy of the state. */
  void add(String who, String what, Consumer<World> change);

  /** Notes that something has happened. */
  void reached(Landmark landmark);
}
