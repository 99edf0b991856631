package io.haduck.core.internal.kept;

import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.retention.LoggedState;
import java.time.Instant;
import java.util.List;

/**
 * A state below the floor that a manifest lists.
 *
 * @param kind of its changeset
 * @param digest of its changeset
 * @param time of it, its writer's, by which it is looked for
 * @param reasons why it is kept, at least one, without commas
 */
public record KeptState(LoggedState.Kind kind, Digest digest, Instant time, List<String> reasons) {
  /** How long a reason is at most. */
  private static final int LONGEST_REASON = 100;

  private static final int MOST_REASONS = 20;

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a reason cannot be written down
   */
  public KeptState {
    reasons = List.copyOf(reasons);
    if (reasons.isEmpty()
        || reasons.size() > MOST_REASONS
        || !reasons.stream().allMatch(KeptState::isReason)) {
      throw new IllegalArgumentException("reasons " + reasons);
    }
  }

  private static boolean isReason(String text) {
    return SealedText.isValue(text)
        && text.length() <= LONGEST_REASON
        && text.indexOf(',') < 0
        && text.equals(text.strip());
  }
}
