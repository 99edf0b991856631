package io.haduck.core.replica;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.CommitKind;
import io.haduck.core.CommitReceipt;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.History;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** When a writer sweeps: by what is committed and by the clock, and never while it is idle. */
final class SweeperTest {
  private static final int DATABASE_BYTES = 100 * 16384;

  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, 1);
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
  private final InstantSource clock = () -> memory.now().plus(ahead.get());
  private final Sweeper sweeper = sweeper();

  private Sweeper sweeper() {
    var history = new History(new Random(1));
    history.commit(memory, history.base(3));
    memory.page = 1000;
    return new Sweeper(store, SweepOptions.DEFAULT, nanos::get, clock);
  }

  private long calls() {
    return Arrays.stream(Operation.values()).mapToLong(store::calls).sum();
  }

  private static CommitReceipt commit(long bytes) {
    return new CommitReceipt(
        1,
        CommitKind.CHECKPOINT,
        1,
        0,
        1,
        100,
        1,
        bytes,
        bytes,
        16384,
        Duration.ZERO,
        Instant.EPOCH);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
    memory.advance(time);
  }

  private long manifests() {
    return memory.objects.keySet().stream().filter(key -> key.startsWith(LogKeys.KEPT)).count();
  }

  private void awaitManifests(long count) {
    await().until(() -> manifests() == count && sweeper.isAtRest());
  }

  /** Whatever is committed now, nobody asks the store for anything. */
  private void requireSilence(long bytes) {
    long before = calls();
    sweeper.committed(commit(bytes));
    assertThat(sweeper.isAtRest()).isTrue();
    assertThat(calls()).isEqualTo(before);
  }

  @Test
  void sweeps_comeWithCommits_onceAnInterval() {
    pass(Duration.ofDays(3));
    assertThat(calls()).isZero();
    sweeper.committed(commit(10));
    awaitManifests(1);
    requireSilence(10);
    pass(Duration.ofHours(23));
    requireSilence(10);
    pass(Duration.ofHours(2));
    assertThat(sweeper.isAtRest()).isTrue();
    sweeper.committed(commit(10));
    awaitManifests(2);
  }

  @Test
  void sweeps_comeEarlier_whenMuchIsWritten_butNotWithinTheHour() {
    sweeper.committed(commit(10));
    awaitManifests(1);
    requireSilence(2 * DATABASE_BYTES);
    pass(Duration.ofMinutes(61));
    sweeper.committed(commit(10));
    awaitManifests(2);
    pass(Duration.ofMinutes(61));
    requireSilence(10);
  }

  @Test
  void aSweepOfAnotherProcess_counts() {
    sweeper.committed(commit(10));
    awaitManifests(1);
    var another = new Sweeper(store, SweepOptions.DEFAULT, nanos::get, clock);
    long before = calls();
    another.committed(commit(10));
    await().until(another::isAtRest);
    assertThat(calls()).isGreaterThan(before);
    assertThat(manifests()).isEqualTo(1);
  }

  @Test
  void off_asksForNothing_andSoDoesOneThatHasEnded() {
    var off = new Sweeper(store, SweepOptions.OFF, nanos::get, clock);
    off.committed(commit(10 * DATABASE_BYTES));
    sweeper.end();
    sweeper.committed(commit(10 * DATABASE_BYTES));
    assertThat(off.isAtRest() && sweeper.isAtRest()).isTrue();
    assertThat(calls()).isZero();
  }

  @Test
  void aStoresClock_thatIsFarAhead_isNotGoneBy() {
    ahead.set(Duration.ofHours(-2));
    sweeper.committed(commit(10));
    await().until(sweeper::isAtRest);
    assertThat(sweeper.status().problem())
        .contains("the clock of memory", "is 120 minutes ahead of this machine's")
        .contains("nothing is deleted");
    assertThat(sweeper.status().clockAhead()).isEqualTo(Duration.ofHours(-2));
    assertThat(manifests()).isZero();
    ahead.set(Duration.ZERO);
    pass(Duration.ofMinutes(11));
    sweeper.committed(commit(10));
    awaitManifests(1);
    assertThat(sweeper.status().problem()).isNull();
  }

  /** A process that lives for a second would never get through with one. */
  @Test
  void closing_waitsAMomentForASweep_andBeginsNone() throws Exception {
    var listed = new CountDownLatch(1);
    var goOn = new Semaphore(0);
    store.beforeCall(
        (operation, key) -> {
          listed.countDown();
          goOn.acquireUninterruptibly();
        });
    sweeper.committed(commit(10));
    listed.await();
    var closing = new Thread(sweeper::endSoon);
    closing.start();
    await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
    goOn.release(1_000_000);
    closing.join();
    assertThat(manifests()).isEqualTo(1);
    assertThat(sweeper.isAtRest()).isTrue();
    pass(Duration.ofDays(2));
    requireSilence(10);
  }

  /** It would be due in ten years. */
  @Test
  void aSweepOfTheFuture_isNotWaitedFor() {
    sweeper.committed(commit(10));
    awaitManifests(1);
    memory.advance(Duration.ofDays(-3650));
    nanos.addAndGet(Duration.ofHours(25).toNanos());
    sweeper.committed(commit(10));
    awaitManifests(2);
    assertThat(sweeper.status().problem()).isNull();
  }

  /** A clock may have leapt, on this machine as in the store, which may be one. */
  @Test
  void sweeps_afterALongPause_goByTheTime_fromTheSecondOn() {
    sweeper.committed(commit(10));
    awaitManifests(1);
    Instant first = memory.now();
    pass(Duration.ofDays(300));
    sweeper.committed(commit(10));
    awaitManifests(2);
    SweepReport late = requireNonNull(sweeper.status().last());
    assertThat(late.at()).isEqualTo(memory.now());
    assertThat(late.agedTo()).isEqualTo(first.plus(Duration.ofHours(25)));
    pass(Duration.ofHours(25));
    sweeper.committed(commit(10));
    awaitManifests(3);
    SweepReport usual = requireNonNull(sweeper.status().last());
    assertThat(usual.agedTo()).isEqualTo(usual.at());
  }

  @Test
  void aClock_thatIsNotTheStores_isTold_whicheverIsBehind() {
    ahead.set(Duration.ofMinutes(-5));
    sweeper.committed(commit(10));
    awaitManifests(1);
    assertThat(sweeper.status().clockAhead()).isEqualTo(Duration.ofMinutes(-5));
    ahead.set(Duration.ofHours(3));
    pass(Duration.ofDays(2));
    sweeper.committed(commit(10));
    awaitManifests(2);
    assertThat(sweeper.status().clockAhead()).isEqualTo(Duration.ofHours(3));
    ahead.set(Duration.ofSeconds(59));
    pass(Duration.ofDays(2));
    sweeper.committed(commit(10));
    awaitManifests(3);
    assertThat(sweeper.status().clockAhead()).isZero();
  }
}
