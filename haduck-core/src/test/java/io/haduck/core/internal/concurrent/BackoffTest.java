package io.haduck.core.internal.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
  @Test
  void next_afterManyFailures_staysBetweenATenthAndTheLimit() {
    var backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), new Random(7));
    long limit = 100;
    for (int failure = 0; failure < 200; failure++) {
      assertThat(backoff.next().toMillis()).isBetween(limit / 10 - 1, limit);
      limit = limit * 2 > 5000 ? 5000 : limit * 2;
    }
  }

  @Test
  void reset_afterFailures_beginsWithTheFirstLimit() {
    var backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), new Random(7));
    for (int failure = 0; failure < 20; failure++) {
      backoff.next();
    }
    backoff.reset();
    assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofMillis(100));
  }
}
