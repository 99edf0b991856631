package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.CountingStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Listings are not made at one moment. */
final class LogListingTest {
  @TempDir Path directory;

  private static void put(ObjectStore store, long... seqs) {
    for (long seq : seqs) {
      store.put(LogKeys.changeset(seq), ObjectBody.of(new byte[] {1}));
    }
  }

  private static long[] seqs(LogListing listing) {
    return listing.entries().stream().mapToLong(LogEntry::seq).toArray();
  }

  @Test
  void changesets_ofWhichALaterOneIsShownWithoutTheOneBefore_areListedAgain() {
    ObjectStore files = new FileObjectStore(directory);
    put(files, 1, 2, 3, 5); // as a listing shows it that met 4 and 5 while they were written
    var once = new AtomicBoolean();
    var store =
        new FaultInjectingStore(files, 1)
            .afterCall(
                (operation, key) -> {
                  if (operation == Operation.LIST && once.compareAndSet(false, true)) {
                    put(files, 4, 6);
                  }
                });
    assertThat(seqs(LogListing.changesets(store, 0))).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void changesets_whileMoreAreWritten_areListedUntilNothingIsMissing() {
    ObjectStore files = new FileObjectStore(directory);
    put(files, 1, 2, 3, 5);
    var listings = new AtomicInteger();
    var store =
        new FaultInjectingStore(files, 1)
            .afterCall(
                (operation, key) -> {
                  if (operation == Operation.LIST) {
                    switch (listings.incrementAndGet()) {
                      case 1 -> put(files, 4, 7); // so that the second one has a gap, too
                      case 2 -> put(files, 6, 9);
                      case 3 -> put(files, 8);
                      default -> {}
                    }
                  }
                });
    assertThat(seqs(LogListing.changesets(store, 0))).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(listings).hasValue(4);
  }

  @Test
  void changesets_thatAreMissing_stayMissing_forOneRequestMore() {
    var store = new CountingStore(new FileObjectStore(directory));
    put(store, 1, 2, 5, 6);
    long before = store.requests();
    assertThat(seqs(LogListing.changesets(store, 0))).containsExactly(1, 2, 5, 6);
    assertThat(store.requests() - before).isEqualTo(2);
    put(store, 3, 4);
    before = store.requests();
    assertThat(seqs(LogListing.changesets(store, 1))).containsExactly(2, 3, 4, 5, 6);
    assertThat(store.requests() - before).isEqualTo(1);
  }
}
