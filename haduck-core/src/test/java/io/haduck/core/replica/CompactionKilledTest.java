package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A writer that ends in the middle of a compaction, at each call to the store. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class CompactionKilledTest {
  @TempDir Path root;

  /** From when it is armed on, lets a number of calls pass, then none. */
  private static final class CutOff {
    private final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
    private final boolean carriedOut;

    CutOff(boolean carriedOut) {
      this.carriedOut = carriedOut;
    }

    ObjectStore around(ObjectStore store) {
      return new FaultInjectingStore(store, 1)
          .beforeCall(
              (operation, key) -> {
                if (left.get() < 0 || (!carriedOut && left.decrementAndGet() < 0)) {
                  throw new UnavailableException("killed before " + operation + " of " + key);
                }
              })
          .afterCall(
              (operation, key) -> {
                if (carriedOut && left.decrementAndGet() < 0) {
                  throw new UnavailableException("killed after " + operation + " of " + key);
                }
              });
    }

    boolean happened() {
      return left.get() < 0;
    }
  }

  @Test
  void compaction_stoppedAtEachStoreCall_losesNothing() throws Exception {
    for (boolean carriedOut : new boolean[] {false, true}) {
      int calls = 0;
      while (stopAfter(calls, carriedOut)) {
        calls++;
      }
      assertThat(calls).as("a commit, a listing, a segment, a compaction").isGreaterThan(3);
    }
  }

  /** False if the compaction got to its end before. */
  private boolean stopAfter(int calls, boolean carriedOut) throws Exception {
    String context = "cut off after " + calls + " calls, carried out: " + carriedOut;
    Path directory = Files.createDirectory(root.resolve(calls + "-" + carriedOut));
    var random = new Random(calls);
    var cutOff = new CutOff(carriedOut);
    SmallChanges changes = SmallChanges.begin(directory, cutOff::around);
    if (carriedOut) { // the file is then opened with the WAL that the log's head has
      changes.database.execute("PRAGMA disable_checkpoint_on_shutdown");
    }
    while (changes.share() <= 1.6) {
      changes.change(random);
    }
    changes.database.execute("INSERT INTO t VALUES (-1, 2, 3)");
    changes.commit();
    String before = changes.database.contents();
    changes.compacts.set(true);
    cutOff.left.set(calls);
    changes.database.execute("INSERT INTO t VALUES (-2, 3, 4)");
    String after = changes.database.contents();
    await().atMost(Duration.ofMinutes(1)).until(() -> cutOff.happened() || changes.moved() > 0);
    changes.database.abandon();
    changes.database.closeDuckDb();
    assertThat(changes.database.restoredContents()).as(context).isIn(before, after);
    try (SmallChanges again =
        SmallChanges.again(directory, store -> new FaultInjectingStore(store, 1))) {
      again.database.awaitInSync();
      assertThat(again.database.contents()).as(context).isEqualTo(after);
      assertThat(again.database.restoredContents()).as(context).isEqualTo(after);
      again.compacts.set(true);
      again.change(random);
      await().atMost(Duration.ofMinutes(1)).until(() -> again.share() <= 1.5);
      again.database.awaitInSync();
      assertThat(again.database.restoredContents())
          .as(context)
          .isEqualTo(again.database.contents());
    }
    return cutOff.happened();
  }
}
