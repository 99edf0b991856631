package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.PutResult;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a look at a followed log believes. */
class FollowedLogTest {
  private final Seed seed = new Seed(FollowedLogTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, seed.value);
  private final History history = new History(seed.random);
  private long nanos = seed.random.nextLong();
  private Instant wall = Instant.parse("2026-01-01T00:00:00Z");
  private final FollowedLog followed = new FollowedLog(store, () -> nanos, () -> wall);

  private void pass(Duration time) {
    nanos += time.toNanos();
    wall = wall.plus(time);
  }

  private EncodedChangeset commit(EncodedChangeset encoded) {
    return history.commit(memory, encoded);
  }

  private void sweep(long from, long to) {
    for (long seq = from; seq <= to; seq++) {
      memory.objects.remove(LogKeys.changeset(seq));
    }
  }

  private void begin() {
    commit(history.base(4));
    commit(history.checkpoint(2, 1));
    assertThat(followed.begin()).isTrue();
  }

  private void assertAtHead() {
    SameState.assertSame(followed.state(), history.head());
  }

  @Test
  void begin_ofAnEmptyLog_saysSo() {
    assertThat(followed.begin()).isFalse();
  }

  @Test
  void look_afterASecond_costsOneRequestWithoutAListing() {
    begin();
    long listings = store.calls(Operation.LIST);
    long gets = store.calls(Operation.GET_RANGE);
    for (int i = 0; i < 100; i++) {
      pass(Duration.ofSeconds(1));
      assertThat(followed.look().changesets()).isZero();
    }
    assertThat(store.calls(Operation.LIST) - listings).isZero();
    assertThat(store.calls(Operation.GET_RANGE) - gets).isEqualTo(100);
  }

  @Test
  void look_whileNothingComes_listsEveryFiveMinutes() {
    begin();
    long listings = store.calls(Operation.LIST);
    for (int i = 0; i < 360; i++) {
      pass(Duration.ofSeconds(10));
      followed.look();
    }
    assertThat(store.calls(Operation.LIST) - listings).isEqualTo(12);
  }

  @Test
  void look_atAnyHistoryInAnyPace_comesToItsHead() {
    begin();
    for (int i = 0; i < 400; i++) {
      commit(history.next());
      if (seed.random.nextInt(3) == 0) {
        pass(Duration.ofMillis(seed.random.nextInt(20_000)));
        followed.look();
        assertAtHead();
      }
    }
  }

  @Test
  void look_farBehind_skipsByRollUps() {
    begin();
    for (int i = 1; i <= 3_500; i++) {
      commit(i % 1000 == 0 ? history.selfContainedWal() : history.tinyWal());
    }
    long before = store.calls(Operation.GET_RANGE);
    pass(Duration.ofSeconds(20));
    assertThat(followed.look().changesets()).isEqualTo(3_500);
    assertAtHead();
    assertThat(store.calls(Operation.GET_RANGE) - before).isLessThan(520);
  }

  @Test
  void look_overThinnedWalChangesets_goesOnFromTheRollUp() {
    begin();
    long first = history.head().position().seq() + 1;
    for (int i = 0; i < 20; i++) {
      commit(history.tinyWal());
    }
    commit(history.selfContainedWal());
    sweep(first, first + 19);
    pass(Duration.ofSeconds(20));
    followed.look();
    assertAtHead();
  }

  @Test
  void look_afterAPause_overANextKeyThatWasSwept_doesNotBelieveThatItIsNotThere() {
    begin();
    long first = history.head().position().seq() + 1;
    for (int i = 0; i < 5; i++) {
      commit(history.tinyWal());
    }
    commit(history.checkpoint(2, 1));
    sweep(first, first + 4);
    pass(Duration.ofSeconds(16));
    assertThat(followed.look().changesets()).isEqualTo(6);
    assertAtHead();
  }

  @Test
  void look_afterAPauseByOneClockOnly_lists() {
    begin();
    long listings = store.calls(Operation.LIST);
    nanos += Duration.ofSeconds(3).toNanos(); // the wall clock was set back
    followed.look();
    assertThat(store.calls(Operation.LIST) - listings).isEqualTo(1);
    wall = wall.plusSeconds(3); // the ticker stood still
    followed.look();
    assertThat(store.calls(Operation.LIST) - listings).isEqualTo(2);
    wall = wall.minusSeconds(100);
    followed.look();
    assertThat(store.calls(Operation.LIST) - listings).isEqualTo(3);
    pass(Duration.ofSeconds(1));
    followed.look();
    assertThat(store.calls(Operation.LIST) - listings).isEqualTo(3);
  }

  @Test
  void look_afterAPause_doesNotReadALatePutOfAFencedWriter() {
    begin();
    History.Model model = history.model();
    LogState before = history.head().copy();
    long first = before.position().seq() + 1;
    commit(history.epoch());
    for (int i = 0; i < 5; i++) {
      commit(history.tinyWal());
    }
    commit(history.checkpoint(2, 1));
    sweep(first, first + 5); // even the EPOCH, which a sweep never takes
    var fenced = new History(seed.random, model, before.copy());
    fenced.commit(memory, fenced.tinyWal());
    pass(Duration.ofSeconds(16));
    followed.look();
    assertAtHead();
  }

  /** The model's shortest way astray: no pause, honest clocks, and every EPOCH is kept. */
  @Test
  void look_doesNotBelieveALateOpeningThatLandedWhereAKeyWasSwept() {
    begin();
    LogState before = history.head().copy();
    History.Model model = history.model();
    long first = before.position().seq() + 1;
    // Somebody was about to open the log here, and his request is still under way.
    EncodedChangeset late = new History(seed.random, model, before.copy()).epoch();
    commit(history.checkpoint(1, 0));
    commit(history.checkpoint(1, 1));
    assertThat(new ReplicationLog(memory).writeSnapshot(history.head().copy()).outcome())
        .isEqualTo(PutResult.Outcome.DONE);
    sweep(first, first);
    memory.objects.put(LogKeys.changeset(first), late.body().toByteArray());
    pass(Duration.ofSeconds(1));
    store.beforeCall(
        (operation, key) -> {
          if (key.equals(LogKeys.changeset(first + 1))) {
            throw new UnavailableException("not now");
          }
        });
    assertThatThrownBy(followed::look).isInstanceOf(UnavailableException.class);
    assertThat(followed.position()).isEqualTo(before.position());
    store.beforeCall((operation, key) -> {});
    followed.look();
    assertAtHead();
  }

  @Test
  void look_believesAnOpeningAtTheEnd_byAListingMadeAfterIt() {
    begin();
    EncodedChangeset epoch = commit(history.epoch());
    pass(Duration.ofSeconds(1));
    long listings = store.calls(Operation.LIST);
    followed.look();
    assertThat(followed.position()).isEqualTo(epoch.position());
    assertThat(store.calls(Operation.LIST) - listings).isEqualTo(2);
    store.beforeCall(
        (operation, key) -> {
          if (operation == Operation.GET_RANGE) {
            store.beforeCall((again, other) -> {});
            commit(history.epoch()); // while the one before it is read
          }
        });
    commit(history.epoch());
    pass(Duration.ofSeconds(1));
    followed.look();
    assertAtHead();
  }

  @Test
  void look_whoseAnswerTookTooLong_isNotBelieved() {
    begin();
    History.Model model = history.model();
    LogState before = history.head().copy();
    long first = before.position().seq() + 1;
    commit(history.epoch());
    commit(history.tinyWal());
    commit(history.checkpoint(2, 1));
    sweep(first, first + 1);
    EncodedChangeset late = new History(seed.random, model, before.copy()).tinyWal();
    pass(Duration.ofSeconds(10));
    store.beforeCall(
        (operation, key) -> {
          if (operation == Operation.GET_RANGE) {
            pass(Duration.ofSeconds(6));
            memory.objects.putIfAbsent(LogKeys.changeset(first), late.body().toByteArray());
          }
        });
    followed.look();
    assertAtHead();
  }

  @Test
  void look_atALogThatWasEmptied_isAnErrorUntilItIsBack() {
    begin();
    var all = new java.util.TreeMap<>(memory.objects);
    memory.objects.clear();
    pass(Duration.ofSeconds(20));
    assertThatThrownBy(followed::look).isInstanceOf(DivergedException.class);
    pass(Duration.ofSeconds(1));
    assertThatThrownBy(followed::look).isInstanceOf(DivergedException.class);
    memory.objects.putAll(all);
    followed.look();
    assertAtHead();
  }

  @Test
  void look_atALogThatWasRolledBack_isAnError() {
    begin();
    commit(history.tinyWal());
    followed.look();
    sweep(history.head().position().seq(), history.head().position().seq());
    pass(Duration.ofSeconds(20));
    assertThatThrownBy(followed::look)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("lost history");
  }

  @Test
  void look_atAnotherHistory_isAnError() {
    begin();
    memory.objects.clear();
    var other = new History(seed.random);
    for (int i = 0; i < 30; i++) {
      other.commit(memory, i == 0 ? other.base(3) : other.next());
    }
    assertThatThrownBy(followed::look)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("another history");
  }

  @Test
  void look_overAGap_isAnErrorAndKeepsWhatWasKnown() {
    begin();
    LogState before = history.head().copy();
    long first = before.position().seq() + 1;
    commit(history.tinyWal());
    byte[] kept = memory.objects.get(LogKeys.changeset(first));
    commit(history.tinyWal());
    sweep(first, first);
    pass(Duration.ofSeconds(20));
    assertThatThrownBy(followed::look).isInstanceOf(CorruptDataException.class);
    SameState.assertSame(followed.state(), before);
    memory.objects.put(LogKeys.changeset(first), kept);
    followed.look();
    assertAtHead();
  }

  @Test
  void endOf_isKnownForEachWriterThatWasSeen_andFoundForOneThatWasSkipped() {
    begin();
    commit(history.tinyWal());
    LogState last = history.head().copy();
    commit(history.epoch());
    commit(history.tinyWal());
    followed.look();
    long listings = store.calls(Operation.LIST);
    assertThat(followed.endOf(last.epoch())).contains(EpochEnd.of(last));
    assertThat(store.calls(Operation.LIST)).isEqualTo(listings);
    assertThat(followed.endOf(last.epoch() + 1)).isEmpty();
    var later = new FollowedLog(store, () -> nanos, () -> wall);
    assertThat(later.begin()).isTrue();
    assertThat(later.endOf(last.epoch())).contains(EpochEnd.of(last));
  }

  /** It was read up to where keys are missing, and is no part of the history behind them. */
  @Test
  void endOf_isNotWhereALateOpeningLandedThatWasSkipped() {
    begin();
    LogState before = history.head().copy();
    EncodedChangeset late = new History(seed.random, history.model(), before.copy()).epoch();
    for (int i = 0; i < 3; i++) {
      commit(history.tinyWal());
    }
    commit(history.selfContainedWal());
    LogState last = history.head().copy();
    commit(history.epoch());
    commit(history.selfContainedWal());
    long first = before.position().seq() + 1;
    sweep(first, first + 2);
    memory.objects.put(LogKeys.changeset(first), late.body().toByteArray());
    pass(Duration.ofSeconds(16));
    followed.look();
    assertAtHead();
    assertThat(followed.endOf(last.epoch())).contains(EpochEnd.of(last));
  }

  /** A model has found it: who reads key by key, far behind the head, is at each one in time. */
  @Test
  void look_thatFindsOneChangesetAtATime_isNotKeptInTimeByThem() {
    begin();
    long listings = store.calls(Operation.LIST);
    long first = history.head().position().seq() + 1;
    for (int i = 0; i < 3; i++) {
      commit(history.tinyWal());
    }
    var listingsBeforeTheThird = new AtomicLong(-1);
    store.beforeCall(
        (operation, key) -> {
          if (operation == Operation.GET_RANGE && key.equals(LogKeys.changeset(first + 2))) {
            listingsBeforeTheThird.compareAndSet(-1, store.calls(Operation.LIST) - listings);
          } else if (operation == Operation.GET_RANGE) {
            pass(Duration.ofSeconds(9));
          }
        });
    followed.look();
    assertThat(listingsBeforeTheThird).hasValue(1);
    assertAtHead();
  }

  @Test
  void begin_whoseReadingTakesLong_countsOnlyIfAListingAfterItShowsNothingMore() {
    commit(history.base(4));
    History.Model model = history.model();
    LogState before = history.head().copy();
    commit(history.epoch());
    store.beforeCall(
        (operation, key) -> {
          if (operation == Operation.GET_RANGE && key.equals(LogKeys.changeset(2))) {
            store.beforeCall((otherOperation, otherKey) -> {});
            // This one slept; the log went on, what it listed was swept, and a late PUT came.
            pass(Duration.ofSeconds(16));
            commit(history.tinyWal());
            commit(history.checkpoint(2, 1));
            sweep(2, 3);
            var fenced = new History(seed.random, model, before.copy());
            fenced.commit(memory, fenced.epoch());
          }
        });
    assertThat(followed.begin()).isTrue();
    assertAtHead();
  }
}
