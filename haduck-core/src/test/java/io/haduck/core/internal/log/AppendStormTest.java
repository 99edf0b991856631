package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.internal.AppendStorm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An {@link AppendStorm} on a directory at which three calls of ten go wrong. More by {@code
 * -Dhaduck.commits=5000}; {@code -Dhaduck.seed=…} repeats.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class AppendStormTest {
  private static final int WRITERS = 3;

  @TempDir Path directory;

  @Test
  void threeWriters_onAFaultyDirectory_makeOneLog() throws Exception {
    long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
    var storm = new AppendStorm(seed, Integer.getInteger("haduck.commits", 400));
    List<FaultInjectingStore> stores =
        IntStream.range(0, WRITERS).mapToObj(writer -> faulty(seed * 17 + writer)).toList();
    System.out.println("storm with -Dhaduck.seed=" + seed);
    storm.run(stores);
    for (FaultInjectingStore store : stores) {
      store.heal();
      store.deliverLate();
      assertThat(store.faults(Fault.LOST_RESPONSE)).isPositive();
      assertThat(store.faults(Fault.LATE)).isPositive();
    }
    System.out.println(storm);
    storm.verify(new FileObjectStore(directory));
  }

  private FaultInjectingStore faulty(long seed) {
    return new FaultInjectingStore(new FileObjectStore(directory), seed)
        .rate(Fault.ERROR_BEFORE, 0.08)
        .rate(Fault.LOST_RESPONSE, 0.08)
        .rate(Fault.LATE, 0.05)
        .rate(Fault.DUPLICATE, 0.05)
        .rate(Fault.SHORT_READ, 0.04)
        .rate(Fault.DELAY, 0.05)
        .maxDelay(Duration.ofMillis(5));
  }
}
