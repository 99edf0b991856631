package io.haduck.s3;

import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;

/**
 * How long calls may take.
 *
 * @param longest a call that carries no bulk, all attempts together; null for as long as these take
 */
record CallTimes(@Nullable Duration longest) {
  /** As long as the attempts take. */
  static final CallTimes USUAL = new CallTimes(null);

  /** Half a megabit per second, so 32 MiB are given 9 minutes. */
  private static final long SLOWEST_BYTES_PER_SECOND = 64 << 10;

  /** Returns the same, but no longer than this. */
  CallTimes within(Duration limit) {
    return longest == null || limit.compareTo(longest) < 0 ? new CallTimes(limit) : this;
  }

  /** Returns what tells the SDK, for a request that sends so many bytes. */
  Consumer<AwsRequestOverrideConfiguration.Builder> carrying(long bytes) {
    Duration bulk = Duration.ofSeconds(bytes / SLOWEST_BYTES_PER_SECOND);
    return override -> {
      if (longest != null) {
        override.apiCallTimeout(longest.plus(bulk));
      }
      override.apiCallAttemptTimeout(S3Clients.SHORT_TIMEOUT.plus(bulk));
    };
  }
}
