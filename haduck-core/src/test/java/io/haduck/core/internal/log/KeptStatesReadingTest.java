package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.store.PutResult;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Below the floor only what is kept exists, whatever keys lie there. */
class KeptStatesReadingTest {
  private final Seed seed = new Seed(KeptStatesReadingTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final History history = new History(seed.random);
  private final List<LogState> states = new ArrayList<>();
  private final TreeMap<Long, Digest> below = new TreeMap<>();
  private ReadableStates kept = ReadableStates.NONE;
  private final ReplicationLog log = new ReplicationLog(memory, () -> kept);

  private void grow(int changesets) {
    for (int i = 0; i < changesets; i++) {
      history.commit(memory, i % 7 == 0 ? history.checkpoint(1, 1) : history.next());
      states.add(history.head().copy());
      if (history.head().kind().hasHeaders()
          && (states.size() < 12 || seed.random.nextInt(3) == 0)) {
        assertThat(log.writeSnapshot(history.head()).outcome()).isEqualTo(PutResult.Outcome.DONE);
      }
    }
  }

  private LogState at(long seq) {
    return states.get((int) seq - 1);
  }

  /** Gives up all but some checkpoints below the last one before a seq. */
  private void thin(long upTo) {
    long floor = at(upTo).anchor().seq();
    List<LogState> checkpoints =
        states.stream()
            .filter(it -> it.position().seq() < floor && it.kind().hasHeaders())
            .filter(it -> memory.objects.containsKey(LogKeys.snapshot(it.position().seq())))
            .toList();
    for (LogState state : checkpoints) {
      if (below.isEmpty() || seed.random.nextBoolean()) {
        below.put(state.position().seq(), state.position().digest());
      }
    }
    assertThat(log.writeSnapshot(at(floor)).outcome()).isNotEqualTo(PutResult.Outcome.UNKNOWN);
    for (long seq = 1; seq < floor; seq++) {
      if (!below.containsKey(seq)) {
        byte[] gone = memory.objects.remove(LogKeys.changeset(seq));
        memory.objects.remove(LogKeys.snapshot(seq));
        if (seed.random.nextInt(4) == 0) {
          memory.objects.put(LogKeys.changeset(seq), gone); // as a fenced writer creates it again
        }
      }
    }
    kept = new ReadableStates(floor, below);
  }

  @Test
  void load_ofEachSeqAndTime_yieldsWhatIsKeptOrNothing() {
    history.commit(memory, history.base(4));
    states.add(history.head().copy());
    grow(150);
    thin(100);
    assertThat(below).isNotEmpty();
    for (LogState state : states) {
      long seq = state.position().seq();
      if (kept.contains(seq)) {
        SameState.assertSame(log.loadAt(seq, LoadProgress.NONE).orElseThrow(), state);
        SameState.assertSame(log.loadAt(state.time(), LoadProgress.NONE).orElseThrow(), state);
        assertThat(log.dropped(seq)).isEmpty();
        continue;
      }
      assertThat(log.loadAt(seq, LoadProgress.NONE)).isEmpty();
      Long before = below.lowerKey(seq);
      Long after = below.higherKey(seq);
      assertThat(log.dropped(seq))
          .contains(
              new DroppedState(
                  before == null ? 0 : before, after == null ? kept.walFrom() : after));
      if (before == null) {
        assertThat(log.loadAt(state.time(), LoadProgress.NONE)).isEmpty();
      } else {
        assertThatThrownBy(() -> log.loadAt(state.time(), LoadProgress.NONE))
            .as("never an earlier state without a word")
            .isInstanceOf(DivergedException.class)
            .hasMessageContainingAll("seq " + before + " (", ") is the last one before, seq ");
      }
    }
    SameState.assertSame(log.loadLatest(LoadProgress.NONE).orElseThrow(), history.head());
    assertThat(log.range().orElseThrow().firstSeq()).isEqualTo(below.firstKey());
  }

  @Test
  void load_ofAKeptStateThatAnotherReplaced_isAnError() {
    history.commit(memory, history.base(4));
    states.add(history.head().copy());
    grow(60);
    thin(50);
    long seq = below.lastKey();
    memory.objects.put(
        LogKeys.changeset(seq), memory.objects.get(LogKeys.changeset(kept.walFrom())));
    assertThatThrownBy(() -> log.loadAt(seq, LoadProgress.NONE))
        .isInstanceOf(CorruptDataException.class);
  }
}
