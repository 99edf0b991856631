package io.haduck.core.retention;

import java.time.Instant;
import java.util.List;

/**
 * A state that is kept by itself, below the seq from which on everything is.
 *
 * @param seq of its changeset
 * @param time of it, by its writer's clock
 * @param reasons why, at least one, such as {@code daily 2026-11-20} or {@code point
 *     before-migration}
 */
public record RetainedState(long seq, Instant time, List<String> reasons) {
  /** Copies the list. */
  public RetainedState {
    reasons = List.copyOf(reasons);
  }
}
