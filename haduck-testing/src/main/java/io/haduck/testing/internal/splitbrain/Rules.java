package io.haduck.testing.internal.splitbrain;

import java.time.Duration;

/**
 * By which of the two lines a round is to be safe. Each has to do alone where the other's
 * assumption fails (docs/internals/protocol-model.md).
 */
enum Rules {
  /** As it is. */
  BOTH(Duration.ofSeconds(15), false),
  /** Each confirmation is good for ever, whatever clocks say: only EPOCHs keep others out. */
  WITHOUT_CLOCKS(Duration.ofDays(10_000), false),
  /** EPOCHs are swept, and clocks do not lie: only the 15 s keep others out. */
  WITHOUT_EPOCHS(Duration.ofSeconds(15), true);

  final Duration believedFor;
  final boolean sweepsEpochs;

  Rules(Duration believedFor, boolean sweepsEpochs) {
    this.believedFor = believedFor;
    this.sweepsEpochs = sweepsEpochs;
  }
}
