package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.store.PutResult;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another EPOCH lies where a follower or a writer was: a late one, or that of another history. */
class StrayOpeningTest {
  private final Seed seed = new Seed(StrayOpeningTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final History history = new History(seed.random);
  private long nanos = seed.random.nextLong();
  private Instant wall = Instant.parse("2026-01-01T00:00:00Z");
  private final FollowedLog followed = new FollowedLog(memory, () -> nanos, () -> wall);

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

  /**
   * Rounds of split brain have found it: it stays there, and the follower would be lost for ever.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void look_atALateOpeningWhereOurOwnKeyWasSwept_isNoOtherHistory(int epochsLater) {
    begin();
    LogState before = history.head().copy();
    // Somebody was about to open the log here, and his request is still under way.
    EncodedChangeset late = new History(seed.random, history.model(), before.copy()).epoch();
    EncodedChangeset ours = commit(history.tinyWal());
    followed.look();
    assertThat(followed.position()).isEqualTo(ours.position());
    commit(history.checkpoint(1, 0));
    for (int i = 0; i < epochsLater; i++) {
      commit(history.epoch());
      commit(history.tinyWal());
    }
    commit(history.checkpoint(1, 1));
    assertThat(new ReplicationLog(memory).writeSnapshot(history.head().copy()).outcome())
        .isEqualTo(PutResult.Outcome.DONE);
    commit(history.tinyWal());
    sweep(ours.changeset().seq(), ours.changeset().seq() + 1);
    memory.objects.put(late.key(), late.body().toByteArray());
    pass(Duration.ofSeconds(16));
    assertThat(new ReplicationLog(memory).lost(ours.position())).isEmpty();
    followed.look();
    SameState.assertSame(followed.state(), history.head());
  }

  /** What the log goes on from is no stray, though others lie between that are gone. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void look_atAnotherWritersOpeningWhereWeWere_isAnError(boolean openedAgain) {
    begin();
    LogState before = history.head().copy();
    History.Model model = history.model();
    EncodedChangeset ours = commit(history.tinyWal());
    followed.look();
    sweep(ours.changeset().seq(), ours.changeset().seq()); // rolled back
    var other = new History(seed.random, model, before.copy());
    other.commit(memory, other.epoch());
    EncodedChangeset gone = other.commit(memory, other.tinyWal());
    if (openedAgain) {
      other.commit(memory, other.epoch());
    }
    other.commit(memory, other.checkpoint(1, 1));
    for (boolean swept : new boolean[] {false, true}) {
      if (swept) {
        sweep(gone.changeset().seq(), gone.changeset().seq());
      }
      pass(Duration.ofSeconds(16));
      assertThatThrownBy(followed::look)
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("another history");
      assertThat(new ReplicationLog(memory).lost(ours.position()).orElseThrow())
          .contains("another history");
    }
  }

  /** Else a follower would take commits for lost that are in the log. */
  @Test
  void findEndOf_aWriterThatWentOn_isNotAtALateOpening() {
    begin();
    LogState before = history.head().copy();
    EncodedChangeset late = new History(seed.random, history.model(), before.copy()).epoch();
    commit(history.tinyWal());
    commit(history.checkpoint(1, 0));
    memory.objects.put(late.key(), late.body().toByteArray()); // where a key was swept
    for (int i = 0; i < 20; i++) {
      assertThat(EpochEnd.find(memory, new ReplicationLog(memory), before.epoch())).isEmpty();
      commit(history.tinyWal());
    }
    LogState last = history.head().copy();
    commit(history.epoch());
    for (int i = 0; i < 20; i++) {
      assertThat(EpochEnd.find(memory, new ReplicationLog(memory), before.epoch()))
          .contains(EpochEnd.of(last));
      assertThat(EpochEnd.find(memory, new ReplicationLog(memory), before.epoch() + 1)).isEmpty();
      commit(history.tinyWal());
    }
  }
}
