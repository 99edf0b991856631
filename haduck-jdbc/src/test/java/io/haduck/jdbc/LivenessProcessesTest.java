package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.lease.LeaseRecord;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Processes that crash as often as they are started, and those that a Deployment replaces one after
 * the other: somebody writes soon, and nothing is lost that was acknowledged.
 *
 * <p>More replacements by {@code -Dhaduck.rounds=…}; each third pod then hangs, and is killed.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS) // as many as asked for
final class LivenessProcessesTest extends PlacedMachines {
  /** A process, and all that it has said. */
  private static final class Life implements AutoCloseable {
    final List<String> lines = new CopyOnWriteArrayList<>();
    private final ChildJvm process;
    private final Thread reader;

    Life(ChildJvm process) {
      this.process = process;
      this.reader = new Thread(() -> process.follow(lines::add), "reads a life");
      reader.start();
    }

    static Life start(Class<?> main, String... arguments) throws IOException {
      return new Life(ChildJvm.start("-Xmx300m", main, arguments));
    }

    boolean hasSaid(String prefix) {
      return lines.stream().anyMatch(line -> line.startsWith(prefix));
    }

    void await(String prefix) {
      org.awaitility.Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(
              () -> {
                assertThat(reader.isAlive() || hasSaid(prefix)).as("" + lines).isTrue();
                return hasSaid(prefix);
              });
    }

    void awaitEnd() throws InterruptedException {
      reader.join();
    }

    List<Long> acknowledged() {
      return lines.stream()
          .filter(line -> line.startsWith("ACK "))
          .map(line -> Long.valueOf(line.substring(4)))
          .toList();
    }

    @Override
    public void close() throws IOException {
      process.close();
    }
  }

  /** Starts it again whenever it has ended. */
  private final class CrashLoop implements AutoCloseable {
    final List<Life> lives = new CopyOnWriteArrayList<>();
    private final CrashLoopingWriter.Crash crash;
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread thread = new Thread(this::run, "crash loop");

    CrashLoop(CrashLoopingWriter.Crash crash) {
      this.crash = crash;
      thread.start();
    }

    private void run() {
      try {
        while (!over.get()) {
          String number = "" + (10_000 + lives.size());
          String url = url("looping", ";haduck.lease_wait=1s");
          try (Life life =
              Life.start(CrashLoopingWriter.class, "looping", url, crash.name(), number)) {
            lives.add(life);
            life.awaitEnd();
          }
        }
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    List<String> said() {
      return lives.stream().flatMap(life -> life.lines.stream()).toList();
    }

    void end() {
      over.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      end();
    }
  }

  @ParameterizedTest
  @EnumSource
  void crashLoop_ofTheHolder_keepsNobodyOut(CrashLoopingWriter.Crash crash) throws Exception {
    try (Connection first = write("writer")) {
      makeTable(first);
    }
    try (var loop = new CrashLoop(crash)) {
      await()
          .atMost(SOON)
          .until(
              () ->
                  lease().holder().label().equals("looping")
                      && lease().state() == LeaseRecord.State.HELD);
      try (Connection standby = standBy("standby")) {
        awaitPromotion(standby);
        int lives = loop.lives.size();
        await()
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(100))
            .until(
                () -> {
                  run(standby, "INSERT INTO t VALUES (1)"); // it stays the writer
                  return loop.lives.size() > lives + 1;
                });
        loop.end();
        System.out.println("CRASH LOOP " + crash + ": " + loop.lives.size() + " lives");
        requireOneWriter("standby", standby);
        assertThat(rowsOfTheReplica())
            .as("%s", loop.said())
            .containsAll(
                loop.lives.stream().flatMap(life -> life.acknowledged().stream()).toList());
        assertThat(loop.said())
            .anyMatch(line -> line.startsWith("ACK ") || line.equals("HAS THE LEASE"));
      }
    }
  }

  /**
   * The next pod is started first, and is ready when it reads; then the one before is told to end,
   * and killed if it does not.
   */
  @Test
  void rollingUpdate_endsWithOneWriter_losesNothing_andRefusesNoRead() throws Exception {
    int rounds = Integer.getInteger("haduck.rounds", 2);
    List<Life> pods = new ArrayList<>();
    try {
      pods.add(pod(0));
      pods.get(0).await("ACK");
      for (int round = 1; round <= rounds; round++) {
        Life old = pods.get(round - 1);
        Life next = pod(round);
        pods.add(next);
        next.await("READY");
        assertThat(old.hasSaid("FAILED")).as("%s", old.lines).isFalse();
        if (round % 3 == 0) {
          old.process.signal("STOP");
          old.process.signal("TERM");
          old.process.end();
          old.awaitEnd();
        } else {
          old.process.signal("TERM");
          old.awaitEnd();
          assertThat(old.lines).endsWith("CLOSED");
        }
        next.await("ACK");
        assertThat(lease().holder().label()).isEqualTo("pod" + round);
      }
      Life last = pods.get(rounds);
      last.process.signal("TERM");
      last.awaitEnd();
      for (Life pod : pods) {
        assertThat(pod.lines).noneMatch(line -> line.startsWith("REFUSED"));
        assertThat(pod.lines).noneMatch(line -> line.startsWith("FAILED"));
      }
      List<Long> acknowledged = pods.stream().flatMap(pod -> pod.acknowledged().stream()).toList();
      assertThat(rowsOfTheReplica()).containsAll(acknowledged).doesNotHaveDuplicates();
      System.out.println(
          "ROLLING UPDATE: " + pods.size() + " pods, " + acknowledged.size() + " rows, all there");
    } finally {
      for (Life pod : pods) {
        pod.close();
      }
    }
  }

  private Life pod(int number) throws Exception {
    return Life.start(
        RollingPod.class, standbyUrl("pod" + number), Long.toString(number * 1_000_000L));
  }
}
