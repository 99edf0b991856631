package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectBody;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.History;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AppenderTest {
  private static final Duration TTL = Duration.ofSeconds(15);

  private final Seed seed = new Seed(AppenderTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, seed.value);
  private final History history = new History(seed.random);
  private Duration ticked = Duration.ZERO;
  private Instant wall = Instant.parse("2026-01-01T00:00:00Z");
  private final Appender log = appender();

  private Appender appender() {
    return new Appender(store, TTL, () -> ticked.toNanos(), () -> wall);
  }

  /** All clocks go on. */
  private void pass(Duration time) {
    memory.advance(time);
    ticked = ticked.plus(time);
    wall = wall.plus(time);
  }

  /** Whether an append looked at the head, and what became of it. */
  private boolean listsForTheNext() {
    long lists = store.calls(Operation.LIST);
    assertThat(log.append(history.checkpoint(1, 0)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(store.calls(Operation.LIST)).isIn(lists, lists + 2);
    return store.calls(Operation.LIST) > lists;
  }

  @Test
  void append_answered_isCommittedWithOneRequest_butTheFirst() {
    EncodedChangeset base = history.base(2);
    AppendResult result = log.append(base);
    assertThat(result.outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(result.storeTime()).isNotNull();
    assertThat(store.calls(Operation.LIST)).as("is it at the head?").isEqualTo(2);
    assertThat(memory.objects.get(base.key())).isEqualTo(base.body().toByteArray());
    long before = store.calls();
    assertThat(log.append(history.checkpoint(1, 0)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(store.calls() - before).isEqualTo(1);
  }

  @Test
  void append_ofAnEpoch_looksAtTheHeadHoweverLateTheLastOneWas() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    long lists = store.calls(Operation.LIST);
    assertThat(log.append(history.epoch()).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(store.calls(Operation.LIST)).isEqualTo(lists + 2);
  }

  @Test
  void append_ofAnEpochBelowTheHead_isTaken() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    // Somebody went on, and what he no longer needed was deleted.
    memory.put(LogKeys.changeset(50), ObjectBody.of(new byte[1]));
    AppendResult result = appender().append(history.epoch());
    assertThat(result.outcome()).isEqualTo(AppendOutcome.TAKEN);
    assertThat(result.cause()).hasMessageContaining("found changesets up to 50");
  }

  @Test
  void append_withLostResponse_isUnknownThenCommitted() {
    EncodedChangeset base = history.base(2);
    store.failNext(Operation.PUT_IF_ABSENT, Fault.LOST_RESPONSE);
    AppendResult first = log.append(base);
    assertThat(first.outcome()).isEqualTo(AppendOutcome.UNKNOWN);
    assertThat(first.cause()).isInstanceOf(UnavailableException.class);
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.COMMITTED);
  }

  @Test
  void append_whoseOwnRetryFindsItself_isCommitted() {
    store.failNext(Operation.PUT_IF_ABSENT, Fault.DUPLICATE);
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(store.calls(Operation.GET)).isEqualTo(1);
  }

  @Test
  void append_whereAnotherOneIs_isTaken() {
    EncodedChangeset foreign = new History(seed.random).base(2);
    memory.put(foreign.key(), foreign.body());
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.TAKEN);
    assertThat(memory.objects.get(foreign.key())).isEqualTo(foreign.body().toByteArray());
  }

  @Test
  void append_whereAClonesChangesetDiffersInOneByte_isTaken() {
    EncodedChangeset ours = history.base(2);
    for (int i : List.of(0, 50, (int) ours.body().length() - 1)) {
      byte[] almost = ours.body().toByteArray();
      almost[i] ^= 1;
      memory.put(ours.key(), ObjectBody.of(almost));
      assertThat(log.append(ours).outcome()).isEqualTo(AppendOutcome.TAKEN);
    }
    memory.put(ours.key(), ObjectBody.of(ours.body().toByteArray(), new byte[1]));
    assertThat(log.append(ours).outcome()).isEqualTo(AppendOutcome.TAKEN);
  }

  @Test
  void append_refusedButNotThereOnReadBack_isUnknown() {
    EncodedChangeset base = history.base(2);
    memory.put(base.key(), base.body());
    store.beforeCall(
        (operation, key) -> {
          if (operation == Operation.GET) {
            memory.deleteAll(List.of(key));
          }
        });
    AppendResult result = log.append(base);
    assertThat(result.outcome()).isEqualTo(AppendOutcome.UNKNOWN);
    assertThat(result.cause()).isInstanceOf(MissingObjectException.class);
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.COMMITTED);
  }

  @Test
  void append_whoseReadBackBreaksOff_isUnknown() {
    EncodedChangeset base = history.base(2);
    memory.put(base.key(), base.body());
    for (int i = 0; i < 20; i++) {
      store.failNext(Operation.GET, i % 2 == 0 ? Fault.SHORT_READ : Fault.ERROR_BEFORE);
      AppendResult result = log.append(base);
      assertThat(result.outcome()).isEqualTo(AppendOutcome.UNKNOWN);
      assertThat(result.cause()).isInstanceOf(UnavailableException.class);
    }
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.COMMITTED);
  }

  @Test
  void append_ofOtherBytesWhileOneIsUnresolved_isRefused() {
    history.base(2);
    LogState before = history.head().copy();
    EncodedChangeset ours = history.checkpoint(1, 0);
    history.state = before;
    EncodedChangeset other = history.checkpoint(2, 0);
    EncodedChangeset later = history.checkpoint(2, 0);
    store.failNext(Operation.PUT_IF_ABSENT, Fault.LATE);
    assertThat(log.append(ours).outcome()).isEqualTo(AppendOutcome.UNKNOWN);
    for (EncodedChangeset bad : List.of(other, later)) {
      assertThatIllegalStateException()
          .isThrownBy(() -> log.append(bad))
          .withMessageContaining("is not known yet");
    }
    EncodedChangeset again =
        new EncodedChangeset(ours.decoded(), ObjectBody.of(ours.body().toByteArray()));
    memory.put(LogKeys.changeset(1), ObjectBody.of(new byte[1]));
    assertThat(log.append(again).outcome()).isEqualTo(AppendOutcome.COMMITTED);
  }

  /** Who had no permit any more when the answer came could not acknowledge it. */
  @Test
  void append_ofWhatWasCommittedLast_isCommittedAgain() {
    EncodedChangeset base = history.base(2);
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(listsForTheNext()).as("a PUT that found itself confirms nothing").isTrue();
    assertThat(listsForTheNext()).isFalse();
  }

  @Test
  void append_ofWhatWasCommittedLast_belowTheHeadByNow_isTaken() {
    EncodedChangeset base = history.base(2);
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    memory.put(LogKeys.changeset(2), ObjectBody.of(new byte[1]));
    pass(TTL.plusSeconds(1));
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.TAKEN);
  }

  @Test
  void append_ofWhatDoesNotFollowTheLastCommit_isRefused() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    history.checkpoint(1, 0);
    EncodedChangeset third = history.checkpoint(1, 0);
    assertThatIllegalStateException()
        .isThrownBy(() -> log.append(third))
        .withMessageContaining("does not follow");
  }

  @Test
  void append_longAfterTheLastConfirmation_looksAtTheHead() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    pass(TTL);
    assertThat(listsForTheNext()).isFalse();
    pass(TTL.plusMillis(1));
    assertThat(listsForTheNext()).isTrue();
    assertThat(listsForTheNext()).isFalse();
  }

  @Test
  void append_longAfterByTheStoresClockAlone_looksAtTheHead() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    memory.advance(TTL.plusMillis(1));
    assertThat(listsForTheNext()).isTrue();
    assertThat(listsForTheNext()).isFalse();
  }

  @Test
  void append_longAfterByOurTicker_looksAtTheHeadThoughTheStoresClockStandsStill() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    ticked = ticked.plus(TTL.plusMillis(1));
    wall = wall.plus(TTL.plusMillis(1));
    assertThat(listsForTheNext()).isTrue();
    assertThat(listsForTheNext()).isFalse();
  }

  @Test
  void append_afterTheStoresClockWasSetBack_looksAtTheHead() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    memory.advance(Duration.ofSeconds(-1));
    assertThat(listsForTheNext()).as("an age below nothing is none").isTrue();
    assertThat(listsForTheNext()).as("by the clock as it is now").isFalse();
  }

  @Test
  void append_afterOurTickerStoodStill_looksAtTheHead() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    for (Duration jump : List.of(Duration.ofMillis(2001), Duration.ofHours(-1))) {
      wall = wall.plus(jump); // a virtual machine that was suspended, or a clock that was set
      assertThat(listsForTheNext()).isTrue();
      assertThat(listsForTheNext()).isFalse();
    }
    wall = wall.plusMillis(2000);
    assertThat(listsForTheNext()).as("as clocks are corrected").isFalse();
  }

  @Test
  void append_whoseAnswerTookLong_isNotConfirmedByTheTimeBeforeIt() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    store.beforeCall(
        (operation, key) -> {
          if (operation == Operation.PUT_IF_ABSENT) {
            pass(TTL.plusSeconds(1));
          }
        });
    assertThat(listsForTheNext()).isTrue();
    store.beforeCall((operation, key) -> {});
    assertThat(listsForTheNext()).as("counted from before the request that was slow").isTrue();
    assertThat(listsForTheNext()).isFalse();
  }

  /**
   * Found by a model, see docs/internals/protocol-model.md: it was created long before it is read.
   */
  @Test
  void append_thatWasReadBack_doesNotConfirmTheNext() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    EncodedChangeset second = history.checkpoint(1, 0);
    store.failNext(Operation.PUT_IF_ABSENT, Fault.LOST_RESPONSE);
    assertThat(log.append(second).outcome()).isEqualTo(AppendOutcome.UNKNOWN);
    // Another takes over, and goes on.
    memory.put(LogKeys.changeset(3), ObjectBody.of(new byte[1]));
    memory.put(LogKeys.changeset(4), ObjectBody.of(new byte[1]));
    pass(TTL.minusSeconds(1));
    assertThat(log.append(second).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    // What it took over with is old enough to be deleted.
    pass(Duration.ofSeconds(2));
    memory.deleteAll(List.of(LogKeys.changeset(3)));
    assertThat(log.append(history.checkpoint(1, 0)).outcome()).isEqualTo(AppendOutcome.TAKEN);
  }

  @Test
  void append_byAFrozenWriterAfterItsKeysWereDeleted_isTaken() {
    EncodedChangeset base = history.base(2);
    EncodedChangeset frozen = history.checkpoint(1, 0);
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    // Another writer went on, and what it no longer needed was deleted.
    history.state = null;
    memory.objects.clear();
    memory.put(LogKeys.changeset(900), ObjectBody.of(new byte[1]));
    memory.put(LogKeys.snapshot(900), ObjectBody.of(new byte[1]));
    pass(Duration.ofDays(9));
    AppendResult result = log.append(frozen);
    assertThat(result.outcome()).isEqualTo(AppendOutcome.TAKEN);
    assertThat(result.cause()).hasMessageContaining("found changesets up to 900");
  }

  @Test
  void append_byAFrozenWriterToAnEmptiedReplica_isTaken() {
    EncodedChangeset base = history.base(2);
    assertThat(log.append(base).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    memory.objects.clear();
    pass(Duration.ofDays(9));
    assertThat(log.append(history.checkpoint(1, 0)).outcome()).isEqualTo(AppendOutcome.TAKEN);
  }

  @Test
  void append_longAfterTheLastConfirmationWhileTheHeadCannotBeRead_isUnknown() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    pass(TTL.plusSeconds(1));
    EncodedChangeset next = history.checkpoint(1, 0);
    store.failNext(Operation.LIST, Fault.ERROR_BEFORE);
    assertThat(log.append(next).outcome()).isEqualTo(AppendOutcome.UNKNOWN);
    assertThat(log.append(next).outcome()).isEqualTo(AppendOutcome.COMMITTED);
  }

  private EncodedChangeset refusedOnce() {
    assertThat(log.append(history.base(2)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    EncodedChangeset next = history.checkpoint(1, 0);
    store.beforeCall(
        (operation, key) -> {
          if (operation == Operation.PUT_IF_ABSENT) {
            throw new StoreAccessException("404 NoSuchBucket");
          }
        });
    assertThatThrownBy(() -> log.append(next)).isInstanceOf(StoreAccessException.class);
    store.beforeCall((operation, key) -> {});
    return next;
  }

  @Test
  void append_afterTheStoreRefusedIt_looksAtTheHead() {
    EncodedChangeset next = refusedOnce();
    long lists = store.calls(Operation.LIST);
    assertThat(log.append(next).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(store.calls(Operation.LIST)).isEqualTo(lists + 2);
    assertThat(log.append(history.checkpoint(1, 0)).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(store.calls(Operation.LIST)).as("only once").isEqualTo(lists + 2);
  }

  @Test
  void append_toABucketThatCameBackEmpty_isTaken() {
    EncodedChangeset next = refusedOnce();
    memory.objects.clear();
    AppendResult result = log.append(next);
    assertThat(result.outcome()).isEqualTo(AppendOutcome.TAKEN);
    assertThat(result.cause()).hasMessageContaining("the log is not what it was");
  }

  @Test
  void append_ofManyUnderRandomFaults_keepsOneUnbrokenLog() {
    store
        .rate(Operation.PUT_IF_ABSENT, Fault.ERROR_BEFORE, 0.1)
        .rate(Operation.PUT_IF_ABSENT, Fault.LOST_RESPONSE, 0.1)
        .rate(Operation.PUT_IF_ABSENT, Fault.LATE, 0.1)
        .rate(Operation.PUT_IF_ABSENT, Fault.DUPLICATE, 0.1)
        .rate(Operation.GET, Fault.SHORT_READ, 0.2)
        .rate(Operation.LIST, Fault.ERROR_BEFORE, 0.2);
    for (int i = 0; i < 300; i++) {
      EncodedChangeset next = history.next();
      pass(Duration.ofSeconds(seed.random.nextInt(30)));
      AppendResult result = log.append(next);
      while (result.outcome() == AppendOutcome.UNKNOWN) {
        result = log.append(next);
      }
      assertThat(result.outcome())
          .as("haduck.seed=%d", seed.value)
          .isEqualTo(AppendOutcome.COMMITTED);
    }
    store.heal();
    store.deliverLate();
    LogState read = new ReplicationLog(memory).loadLatest(LoadProgress.NONE).orElseThrow();
    assertThat(read.position()).isEqualTo(history.head().position());
    assertThat(read.index().state()).isEqualTo(history.head().index().state());
  }
}
