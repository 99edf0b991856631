package io.haduck.core.internal.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnavailableException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RetriesTest {
  private final AtomicInteger calls = new AtomicInteger();

  private static Backoff quick() {
    return new Backoff(Duration.ofNanos(10), Duration.ofNanos(20), new Random(1));
  }

  private static Backoff endless() {
    return new Backoff(Duration.ofDays(1), Duration.ofDays(1), new Random(1));
  }

  private int answerAt(int call) {
    int now = calls.incrementAndGet();
    if (now < call) {
      throw new UnavailableException("call " + now);
    }
    return now;
  }

  @Test
  void run_whileThereIsNoAnswer_goesOn() {
    assertThat(Retries.of(5, RetriesTest::quick).run(() -> answerAt(5))).isEqualTo(5);
    assertThat(calls).hasValue(5);
  }

  @Test
  void run_withoutAnswer_throwsTheLastFailure() {
    assertThatThrownBy(() -> Retries.of(5, RetriesTest::quick).run(() -> answerAt(6)))
        .isInstanceOf(UnavailableException.class)
        .hasMessage("call 5");
    assertThat(calls).hasValue(5);
  }

  @Test
  void run_whenItIsEnough_asksNoMore() {
    Retries retries = Retries.unlimited(RetriesTest::quick);
    assertThatThrownBy(() -> retries.run(() -> answerAt(9), () -> calls.get() == 3))
        .hasMessage("call 3");
    assertThat(calls).hasValue(3);
  }

  @Test
  void runWhile_doesNotWaitLongerThanThereIsTime() {
    Retries retries = Retries.unlimited(RetriesTest::endless);
    assertThatThrownBy(() -> retries.runWhile(() -> answerAt(9), () -> 3 - calls.get()))
        .hasMessage("call 3");
    assertThat(calls).hasValue(3);
  }

  @Test
  void run_otherFailures_areThrownAtOnce() {
    Retries retries = Retries.unlimited(RetriesTest::quick);
    assertThatThrownBy(
            () ->
                retries.run(
                    () -> {
                      calls.incrementAndGet();
                      throw new CorruptDataException("damaged");
                    }))
        .isInstanceOf(CorruptDataException.class);
    assertThat(calls).hasValue(1);
  }

  @Test
  void run_whenInterrupted_endsAtOnceAndStaysInterrupted() throws InterruptedException {
    var interrupted = new AtomicInteger();
    var thread =
        new Thread(
            () -> {
              try {
                Retries.unlimited(RetriesTest::endless).run(() -> answerAt(9));
              } catch (UnavailableException e) {
                interrupted.set(Thread.currentThread().isInterrupted() ? 1 : 2);
              }
            });
    thread.start();
    while (calls.get() == 0) {
      Thread.onSpinWait();
    }
    thread.interrupt();
    thread.join();
    assertThat(interrupted).hasValue(1);
  }
}
