package io.haduck.testing.internal.splitbrain;

import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.splitbrain.Books.Created;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Deletes what a snapshot has made needless: never the first BASE, never an EPOCH, never what is
 * younger than 15 s and a little by the store's clock.
 */
final class Sweeper {
  private static final Duration YOUNGEST = Duration.ofSeconds(17);

  private final Stage stage;
  private final ObjectStore store;
  private final Books books;
  private final Supplier<Instant> storeTime;
  private final Rules rules;
  private final Random random;
  private final int pauseMillis;
  private boolean ended;
  int swept;

  Sweeper(
      Stage stage,
      ObjectStore store,
      Books books,
      Supplier<Instant> storeTime,
      Rules rules,
      Random random) {
    this.stage = stage;
    this.store = store;
    this.books = books;
    this.storeTime = storeTime;
    this.rules = rules;
    this.random = random;
    this.pauseMillis = 200 + random.nextInt(4_000);
  }

  /** Sweeps now and then. */
  void begin() {
    stage.at(stage.now() + random.nextInt(pauseMillis) * 1_000_000L, this::sweep);
  }

  void end() {
    ended = true;
  }

  private void sweep() {
    if (ended) {
      return;
    }
    int most = random.nextBoolean() ? 3 : Integer.MAX_VALUE;
    for (Created each : books.belowSnapshot()) {
      if (isNeedless(each) && most-- > 0) {
        Changeset changeset = each.changeset().changeset();
        store.deleteAll(List.of(changeset.key()));
        books.swept(changeset.seq());
        swept++;
      }
    }
    begin();
  }

  private boolean isNeedless(Created each) {
    Changeset changeset = each.changeset().changeset();
    return changeset.seq() > 1
        && (rules.sweepsEpochs || changeset.kind() != ChangesetKind.EPOCH)
        && Duration.between(each.at(), storeTime.get()).compareTo(YOUNGEST) > 0;
  }
}
