package io.haduck.core.internal.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Stores of several kinds, played by a clock that the test holds. */
class UploadSlotsTest {
  private static final int SEGMENT = 1000;

  private final AtomicLong nanos = new AtomicLong(-5);
  private final UploadSlots slots = new UploadSlots(8, nanos::get);
  private final AtomicBoolean ended = new AtomicBoolean();
  private final List<Thread> waiters = new ArrayList<>();

  /** Somebody who takes every slot that he gets, so that somebody always waits. */
  private void hungry() {
    var thread =
        new Thread(
            () -> {
              while (!ended.get()) {
                slots.take(() -> false);
              }
            });
    thread.setDaemon(true);
    thread.start();
    waiters.add(thread);
    awaitHunger();
  }

  private void awaitHunger() {
    await()
        .pollInterval(Duration.ofMillis(1))
        .until(() -> waiters.stream().allMatch(t -> t.getState() == Thread.State.WAITING));
  }

  @AfterEach
  void end() throws InterruptedException {
    ended.set(true);
    for (Thread waiter : waiters) {
      slots.abandoned();
      waiter.join();
    }
  }

  /** So many segments arrive, each after so many nanoseconds. */
  private void arrive(int segments, long nanosEach) {
    for (int segment = 0; segment < segments; segment++) {
      nanos.addAndGet(nanosEach);
      slots.sent(SEGMENT);
      awaitHunger();
    }
  }

  @Test
  void take_upToTheLimit_doesNotWait() {
    for (int slot = 0; slot < 4; slot++) {
      assertThat(slots.take(() -> false)).isZero();
    }
    assertThat(slots.limit()).isEqualTo(4);
  }

  @Test
  void whereMoreAtOnceIsFaster_thereAreMore() {
    hungry();
    arrive(8, 100);
    assertThat(slots.limit()).as("tried").isEqualTo(8);
    arrive(100, 50);
    assertThat(slots.limit()).as("kept, and no more than allowed").isEqualTo(8);
  }

  @Test
  void whereMoreAtOnceIsNoFaster_thatIsUndone_andTriedAgainOnlyLater() {
    hungry();
    arrive(8, 100);
    arrive(15, 100);
    assertThat(slots.limit()).as("being tried").isEqualTo(8);
    arrive(1, 100);
    assertThat(slots.limit()).isEqualTo(4);
    arrive(8 * 8, 100);
    assertThat(slots.limit()).as("pausing").isEqualTo(4);
    arrive(8, 100);
    assertThat(slots.limit()).as("tried again").isEqualTo(8);
  }

  @Test
  void whereNobodyWaits_nothingIsTried() {
    for (int segment = 0; segment < 100; segment++) {
      slots.take(() -> false);
      nanos.addAndGet(100);
      slots.sent(SEGMENT);
    }
    assertThat(slots.limit()).isEqualTo(4);
  }

  @Test
  void failures_halveThem_downToOne_andSuccessBringsThemBack() {
    slots.failed();
    assertThat(slots.limit()).isEqualTo(2);
    slots.failed();
    slots.failed();
    assertThat(slots.limit()).isEqualTo(1);
    hungry();
    arrive(2, 400);
    assertThat(slots.limit()).isEqualTo(2);
    arrive(4, 200);
    assertThat(slots.limit()).isEqualTo(4);
    arrive(8, 100);
    assertThat(slots.limit()).isEqualTo(8);
  }

  @Test
  void abandoned_letsTheNextOneIn() {
    for (int slot = 0; slot < 4; slot++) {
      slots.take(() -> false);
    }
    slots.abandoned();
    assertThat(slots.take(() -> false)).isZero();
  }

  @Test
  void take_whenInterrupted_goesOnWaiting_andKeepsTheInterrupt() throws Exception {
    for (int slot = 0; slot < 4; slot++) {
      slots.take(() -> false);
    }
    var interrupted = new AtomicBoolean();
    var waiter =
        new Thread(
            () -> {
              slots.take(() -> false);
              interrupted.set(Thread.currentThread().isInterrupted());
            });
    waiter.start();
    waiter.interrupt();
    await().until(() -> waiter.getState() == Thread.State.WAITING);
    slots.sent(SEGMENT);
    waiter.join();
    assertThat(interrupted).isTrue();
  }

  @Test
  void whoeverWaits_waitsNoLongerThanThereIsSomethingToWaitFor() throws Exception {
    var slots = new UploadSlots(1, () -> 0);
    slots.take(() -> false);
    var over = new AtomicBoolean();
    var waiter = new Thread(() -> slots.take(over::get));
    waiter.start();
    await().until(() -> waiter.getState() == Thread.State.WAITING);
    over.set(true);
    slots.failed();
    waiter.join();
    slots.abandoned(); // what was not there
    assertThat(slots.limit()).isEqualTo(1);
  }
}
