package io.haduck.core.model;

import java.util.function.Consumer;

/** Collects the steps out of one state of a replica, those of its log among them. */
interface RetentionSteps extends LogSteps {
  /** Adds a step, which changes a copy of the state. */
  void change(String who, String what, Consumer<Replica> change);

  /** Notes that something has happened. */
  void reached(RetentionLandmark landmark);
}
