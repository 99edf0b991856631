package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.PutResult;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What reading a log costs does not grow with its age. */
class LogAgeTest {
  private static final int SNAPSHOT_EVERY = 500;

  private final Seed seed = new Seed(LogAgeTest.class);
  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, seed.value);
  private final ReplicationLog log = new ReplicationLog(store);
  private final History history = new History(seed.random);
  private final List<LogState> some = new ArrayList<>();

  private void commit(EncodedChangeset encoded) {
    history.commit(memory, encoded);
  }

  /** So many changesets more, with a snapshot now and then. */
  private void grow(int changesets) {
    for (int i = 0; i < changesets; i++) {
      boolean checkpoint = history.head().position().seq() % 50 == 0;
      commit(checkpoint ? history.checkpoint(1, 1) : history.tinyWal());
      if (history.head().position().seq() % SNAPSHOT_EVERY == 1 && checkpoint) {
        assertThat(log.writeSnapshot(history.head()).outcome()).isEqualTo(PutResult.Outcome.DONE);
      }
      if (seed.random.nextInt(200) == 0) {
        some.add(history.head().copy());
      }
    }
  }

  private long requests(Supplier<LogState> reading, LogState expected) {
    long before = store.calls(Operation.LIST) + store.calls(Operation.GET_RANGE);
    SameState.assertSame(reading.get(), expected);
    return store.calls(Operation.LIST) + store.calls(Operation.GET_RANGE) - before;
  }

  private long mostRequestsAtSomeTimes() {
    return some.stream()
        .mapToLong(
            state ->
                requests(() -> log.loadAt(state.time(), LoadProgress.NONE).orElseThrow(), state))
        .max()
        .orElseThrow();
  }

  @Test
  void requests_ofALogTwentyTimesAsOld_areHardlyMore() {
    memory.page = 1000;
    commit(history.base(3));
    grow(1000);
    long opening = requests(() -> log.loadLatest(LoadProgress.NONE).orElseThrow(), history.head());
    long time = mostRequestsAtSomeTimes();
    some.clear();
    grow(19_000);
    long laterOpening =
        requests(() -> log.loadLatest(LoadProgress.NONE).orElseThrow(), history.head());
    assertThat(laterOpening).as("%s before", opening).isLessThanOrEqualTo(SNAPSHOT_EVERY + 15);
    for (LogState state : some) {
      long seq = state.position().seq();
      assertThat(requests(() -> log.loadAt(seq, LoadProgress.NONE).orElseThrow(), state))
          .isLessThanOrEqualTo(SNAPSHOT_EVERY + 15);
    }
    assertThat(mostRequestsAtSomeTimes())
        .as("%s before", time)
        .isLessThanOrEqualTo(SNAPSHOT_EVERY + 50);
  }
}
