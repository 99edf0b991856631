package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.splitbrain.Figures;
import io.haduck.testing.internal.splitbrain.Rounds;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Split brain over real conditional writes; the clocks are those of the rounds. */
@Timeout(value = 2, unit = TimeUnit.HOURS) // as many as asked for
final class SplitBrainOnS3Test {
  private static final Duration LONGEST = Duration.ofSeconds(4);
  private static final String BUCKET = "haduck-split-brain";

  @Test
  void rounds_onS3Proxy_loseNothingAndEndWithOneWriter() {
    try (EmbeddedS3 server = EmbeddedS3.inMemory()) {
      Figures figures = Rounds.playBriefly(20, LONGEST, round -> server.openStore("r" + round));
      assertThat(figures.rounds()).isPositive();
    }
  }

  @Test
  void rounds_onMinio_loseNothingAndEndWithOneWriter() {
    MinioServer minio = MinioServer.running();
    minio.createBucket(BUCKET);
    String run = Long.toString(System.nanoTime(), 36);
    Figures figures =
        Rounds.playBriefly(
            20,
            LONGEST,
            round ->
                ObjectStoreProvider.openStore(
                    new ReplicaLocation("s3", BUCKET, run + "/r" + round), minio.settings()));
    assertThat(figures.rounds()).isPositive();
  }
}
