package io.haduck.core.internal.retention;

import io.haduck.core.retention.RetentionPolicy;
import io.haduck.core.retention.RetentionSettings;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * By which policy a sweep goes, and which one it announces. What gives up more than before is
 * announced a sweep ahead, and be it the first policy of all. Pure.
 *
 * @param policy in force
 * @param announced what comes next; null if nothing does
 */
public record PolicyInForce(RetentionPolicy policy, @Nullable Announcement announced) {
  /** The same, but that what is announced was only announced now: its hour begins anew. */
  public PolicyInForce announcedAt(Instant now) {
    return announced == null
        ? this
        : new PolicyInForce(policy, new Announcement(announced.policy(), now));
  }

  /**
   * Decides.
   *
   * @param before that of the sweep before; null if there was none
   * @param said what is explicitly set here
   * @param ripe whether what that one announced may come into force: an hour has passed
   * @param now the store's time
   */
  public static PolicyInForce next(
      @Nullable PolicyInForce before, RetentionSettings said, boolean ripe, Instant now) {
    if (before == null) {
      return new PolicyInForce(
          RetentionPolicy.EVERYTHING,
          new Announcement(said.appliedTo(RetentionPolicy.DEFAULT), now));
    }
    Announcement pending = before.announced;
    RetentionPolicy wanted = said.appliedTo(pending == null ? before.policy : pending.policy());
    if (pending != null && pending.policy().equals(wanted)) {
      return ripe ? new PolicyInForce(wanted, null) : before;
    }
    // What that one and this one both give up was announced, whoever says more or less by now.
    RetentionPolicy due = pending != null && ripe ? pending.policy() : before.policy;
    return wanted.shrinks(due)
        ? new PolicyInForce(due.and(wanted), new Announcement(wanted, now))
        : new PolicyInForce(wanted, null);
  }
}
