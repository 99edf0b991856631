package io.haduck.core.internal.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.settings.Compression;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that takes no segment to its end, for as long as the test likes. */
class UploadMemoryTest {
  private static final int BLOCK = 16 << 10;
  private static final int SEGMENT = 16 * BLOCK;
  private static final int BLOCKS_EACH = 400;
  private static final UploadLimits LIMITS = new UploadLimits(SEGMENT, SEGMENT, 8, 4);

  @TempDir Path directory;

  private final CountDownLatch opened = new CountDownLatch(1);

  private void stuck(Operation operation, String key) {
    try {
      opened.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatIsOnItsWay_isBounded_andArrivesInTheEnd() throws Exception {
    var store = new FaultInjectingStore(new FileObjectStore(directory), 1).beforeCall(this::stuck);
    var slots = new UploadSlots(LIMITS.uploads(), Ticker.system());
    var pace = new CompressionPace(Compression.NONE, LIMITS.workers(), Ticker.system());
    var placed = new AtomicLong();
    List<Thread> workers = new ArrayList<>();
    try (store;
        var compression = new BlockCompression();
        var uploader =
            new SegmentUploader(
                store,
                new UUID(1, 2),
                new UUID(3, 4),
                1,
                LIMITS,
                slots,
                pace,
                () -> new Backoff(Duration.ofMillis(1), Duration.ofMillis(2), new Random(1)))) {
      for (int worker = 0; worker < LIMITS.workers(); worker++) {
        var random = new Random(worker);
        workers.add(
            new Thread(
                () -> {
                  byte[] block = new byte[BLOCK];
                  for (int at = 0; at < BLOCKS_EACH; at++) {
                    random.nextBytes(block);
                    uploader.place(
                        BlockHash.of(block),
                        compression.compress(block, 0, BLOCK, uploader.level()),
                        false);
                    placed.addAndGet(BLOCK);
                  }
                }));
      }
      workers.forEach(Thread::start);
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> workers.stream().allMatch(t -> t.getState() == Thread.State.WAITING));

      // Those in flight, the one that each waiting worker has in hand, and the open one.
      assertThat(placed.get())
          .isLessThanOrEqualTo((long) (LIMITS.uploads() + LIMITS.workers() + 1) * SEGMENT);
      opened.countDown();
      for (Thread worker : workers) {
        worker.join();
      }
      assertThat(uploader.finish()).as("nothing is left for the changeset").isEmpty();
      assertThat(store.bytesWritten()).isGreaterThan((long) LIMITS.workers() * BLOCKS_EACH * BLOCK);
    }
  }
}
