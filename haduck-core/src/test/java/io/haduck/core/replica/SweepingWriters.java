package io.haduck.core.replica;

import static org.awaitility.Awaitility.await;

import io.haduck.core.retention.SweepReport;
import java.time.Duration;
import java.util.Random;

/** A database whose writers compact it and sweep its replica by themselves, as by default. */
final class SweepingWriters {
  private final CompactedLife life;
  private final Random random;

  SweepingWriters(CompactedLife life) {
    this.life = life;
    this.random = life.random;
  }

  /** So many steps, and the end. */
  void run(int steps) throws Exception {
    for (int step = 1; step <= steps; step++) {
      life.draw(step);
      life.advance(Duration.ofMinutes(70 + random.nextInt(100)));
      life.seen.addAll(life.replica.objects());
      String what = "step " + step + ", changes";
      if (random.nextInt(3) == 0) {
        what = "step " + step + ", " + killed();
        life.advance(CompactedLife.PAST_GRACE);
      } else if (random.nextInt(8) == 0) {
        what = "step " + step + ", a take-over";
        life.takeOver();
        life.endOvertaken();
        life.advance(CompactedLife.PAST_GRACE);
      }
      for (int i = random.nextInt(3); i >= 0; i--) {
        life.change(random.nextInt(4) > 0);
      }
      if (random.nextInt(3) == 0) {
        life.kept.point();
      }
      CompactedWriter of = life.writer;
      await().atMost(Duration.ofMinutes(1)).until(() -> hasSweptNow(of));
      life.sweeps++;
      life.kept.check(what);
    }
    life.finish();
  }

  private boolean hasSweptNow(CompactedWriter of) {
    SweepReport last = of.database.replicator().status().sweep().last();
    return last != null && last.at().equals(life.replica.now());
  }

  private String killed() throws Exception {
    int call = random.nextInt(60);
    CompactedWriter of = life.writer;
    of.calls.endAt(random.nextBoolean(), call);
    of.update(random);
    life.kept.committed(life.contents());
    await().atMost(Duration.ofMinutes(1)).until(() -> of.calls.hasEnded() || hasSweptNow(of));
    life.again();
    return "killed at call " + call;
  }
}
