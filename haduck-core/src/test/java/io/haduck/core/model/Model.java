package io.haduck.core.model;

import org.jspecify.annotations.Nullable;

/**
 * A protocol as a finite graph. A state is an array of bytes, always of one length; two states are
 * the same if their bytes are. For one thread.
 */
interface Model {
  /** Returns the state in which everything begins. */
  byte[] initial();

  /** Hands over each state to which one step leads. A state with a breach leads nowhere. */
  void successors(byte[] state, Steps steps);

  /** Returns the property that does not hold in a state; null if all do. */
  @Nullable Breach breach(byte[] state);

  /** Returns a state as one line for people. */
  String text(byte[] state);

  /** Takes the steps out of a state. */
  interface Steps {
    /**
     * Takes one.
     *
     * @param who makes the step
     * @param what it is
     * @param next the state to which it leads
     */
    void add(String who, String what, byte[] next);
  }
}
