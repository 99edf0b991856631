package io.haduck.core.model;

/** A rule of the protocol that is left out, or another one in its place. */
enum Mutation {
  /** Who opens a log goes on at its head without an EPOCH. */
  SKIP_EPOCH,
  /** An EPOCH counts when it was created, by the rule for every append. */
  NO_LIST_AFTER_EPOCH,
  /** A BASE counts when it was created, by the rule for every append. */
  NO_LIST_AFTER_BASE,
  /** An EPOCH below the head may be swept. */
  SWEEP_EPOCHS,
  /** A lease that says yes confirms the log. */
  LEASE_CONFIRMS,
  /** The age of the confirmation is looked at when a PUT is sent, not when the store took it. */
  AGE_AT_SENDING,
  /** To find one's own bytes by reading back confirms the log at the time of the reading. */
  READING_BACK_CONFIRMS,
  /** A head above what was committed is overlooked if the key behind that is missing. */
  LOOK_AT_NEXT_KEY,
  /** Keys are swept however young they are. */
  SWEEP_YOUNG_KEYS
}
