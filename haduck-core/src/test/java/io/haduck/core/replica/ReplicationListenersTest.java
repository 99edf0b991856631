package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.CommitKind;
import io.haduck.core.CommitReceipt;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.UnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class ReplicationListenersTest {
  private final ReplicationListeners listeners = new ReplicationListeners();

  /** Writes down what it is told, after the gate was opened. */
  private static final class Recorder implements ReplicationListener {
    final List<String> told = new CopyOnWriteArrayList<>();
    final CountDownLatch gate = new CountDownLatch(1);
    final CountDownLatch entered = new CountDownLatch(1);

    private void tell(String what) {
      entered.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      told.add(what);
    }

    @Override
    public void committed(CommitReceipt receipt) {
      tell("committed " + receipt.seq());
    }

    @Override
    public void failing(HaduckException problem, Instant since) {
      tell("failing " + problem.getMessage());
    }

    @Override
    public void recovered() {
      tell("recovered");
    }

    @Override
    public void fenced(FencedException problem) {
      tell("fenced");
    }
  }

  private static CommitReceipt receipt(long seq) {
    return new CommitReceipt(
        seq, CommitKind.CHECKPOINT, 1, 0, 1, 1, 1, 1, 1, 262_144, Duration.ZERO, Instant.EPOCH);
  }

  private void commit(long first, long last) {
    for (long seq = first; seq <= last; seq++) {
      listeners.committed(receipt(seq));
    }
  }

  @Test
  void everyListener_isToldEverything_inOrder_onAThreadThatIsNotTheCallers() {
    var one = new Recorder();
    var other = new Recorder();
    listeners.add(one);
    listeners.add(one);
    listeners.add(other);
    one.gate.countDown();
    commit(1, 2);
    listeners.failing(new UnavailableException("away"), Instant.EPOCH);
    listeners.recovered();
    listeners.fenced(new FencedException("another writer"));
    String[] all = {"committed 1", "committed 2", "failing away", "recovered", "fenced"};
    await().untilAsserted(() -> assertThat(one.told).containsExactly(all));
    assertThat(other.told).isEmpty();
    other.gate.countDown();
    await().untilAsserted(() -> assertThat(other.told).containsExactly(all));
  }

  @Test
  void aSlowListener_holdsNobodyUp_andMissesOldCommitsOnly() throws InterruptedException {
    var slow = new Recorder();
    listeners.add(slow);
    commit(1, 1);
    slow.entered.await();
    listeners.failing(new UnavailableException("away"), Instant.EPOCH);
    listeners.recovered();
    commit(2, 10_000);
    slow.gate.countDown();
    await().untilAsserted(() -> assertThat(slow.told).endsWith("committed 10000"));
    assertThat(slow.told)
        .startsWith("committed 1", "failing away", "recovered")
        .hasSize(1 + ListenerMailbox.CAPACITY);
  }

  @Test
  void aThrowingListener_isToldOn() {
    var told = new CopyOnWriteArrayList<Long>();
    listeners.add(
        new ReplicationListener() {
          @Override
          public void committed(CommitReceipt receipt) {
            told.add(receipt.seq());
            Thread.currentThread().interrupt();
            throw new AssertionError("on purpose");
          }
        });
    commit(1, 3);
    await().untilAsserted(() -> assertThat(told).containsExactly(1L, 2L, 3L));
  }

  @Test
  void aRemovedListener_isToldNothingMore() throws InterruptedException {
    var removed = new Recorder();
    var other = new Recorder();
    other.gate.countDown();
    listeners.add(removed);
    listeners.add(other);
    commit(1, 2);
    removed.entered.await();
    listeners.remove(removed);
    removed.gate.countDown();
    commit(3, 3);
    await().untilAsserted(() -> assertThat(other.told).hasSize(3));
    await().untilAsserted(() -> assertThat(removed.told).containsExactly("committed 1"));
  }
}
