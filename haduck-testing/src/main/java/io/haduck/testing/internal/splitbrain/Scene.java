package io.haduck.testing.internal.splitbrain;

import io.haduck.core.lease.LeaseOptions;
import java.time.Duration;

/**
 * What all processes of a round share.
 *
 * @param lease how they hold it
 * @param thinkMillis how long a writer thinks at most before it commits
 */
record Scene(
    Stage stage,
    SharedStore store,
    Weather weather,
    Books books,
    Rules rules,
    LeaseOptions lease,
    int thinkMillis) {
  Duration ttl() {
    return lease.ttl();
  }
}
