package io.haduck.core.internal.capture;

/**
 * Whether the blocks of the local file are what the log says, where both have the same headers.
 * Headers alone prove nothing. What the observer names as changed is compared in any case.
 */
enum Agreement {
  /** They are, but for what the observer names. */
  PROVEN,

  /** Nothing proves it yet: all that may differ are compared, and sent if they do. */
  UNPROVEN,

  /** Some were found to differ: they are sent in a checkpoint, if they still do. */
  REFUTED,

  /** The file is of an earlier point: a checkpoint is sent, even if no block differs. */
  REWOUND
}
