package io.haduck.testing.internal.splitbrain;

import io.haduck.testing.internal.splitbrain.Writer.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Makes the troubles of a round that do not lie on the way to the store. */
final class Disturbance {
  private static final long SECOND = 1_000_000_000L;

  private final Scene scene;
  private final Stage stage;
  private final Set<Trouble> troubles;
  private final Random random;
  private List<Writer> writers = new ArrayList<>();
  private final List<Machine> readersMachines = new ArrayList<>();
  private final List<Stage.Actor> readers = new ArrayList<>();
  private Mode mode = Mode.LEASE;
  private long over;
  private int more;
  private boolean bolder;

  Disturbance(Scene scene, Set<Trouble> troubles, Random random) {
    this.scene = scene;
    this.stage = scene.stage();
    this.troubles = troubles;
    this.random = random;
  }

  void reader(Machine machine, Stage.Actor actor) {
    readersMachines.add(machine);
    readers.add(actor);
  }

  /** Plans all, and adds to the writers; returns when it is over. */
  long plan(List<Writer> all, Mode newMode, long until) {
    writers = all;
    mode = newMode;
    over = until;
    for (Trouble trouble : troubles) {
      for (int times = 1 + random.nextInt(4); times > 0; times--) {
        long when = SECOND + (long) (random.nextDouble() * (until - SECOND));
        long lasts = lasts(trouble);
        over = Math.max(over, when + lasts + SECOND);
        stage.at(when, () -> make(trouble, lasts));
      }
    }
    return over;
  }

  private long lasts(Trouble trouble) {
    double ttl = scene.ttl().toNanos();
    double drawn = random.nextDouble();
    return switch (trouble) {
      case SHORT_PAUSE -> (long) (drawn * ttl * 0.7);
      case PAUSE_OF_A_TTL -> (long) ((0.8 + drawn * 0.4) * ttl);
      case LONG_PAUSE -> (long) ((1.2 + drawn * 3) * ttl);
      case PAUSE_OF_15_SECONDS, SUSPENDED, FROZEN -> (long) ((10 + drawn * 40) * SECOND);
      case HUNG_APPENDER, LOG_DENIED -> (long) (drawn * 4 * ttl);
      case OUTAGE -> (long) (drawn * 40 * SECOND);
      default -> 0;
    };
  }

  private Writer somebody() {
    List<Writer> writing = writers.stream().filter(Writer::writes).toList();
    return writing.isEmpty() || random.nextInt(4) == 0
        ? writers.get(random.nextInt(writers.size()))
        : writing.get(random.nextInt(writing.size()));
  }

  private void make(Trouble trouble, long lasts) {
    long end = stage.now() + lasts;
    switch (trouble) {
      case SHORT_PAUSE, PAUSE_OF_A_TTL, LONG_PAUSE, PAUSE_OF_15_SECONDS -> stop(end, machine -> {});
      case SUSPENDED -> stop(end, machine -> machine.standStillUntil(end));
      case FROZEN ->
          stop(
              end,
              machine -> {
                machine.standStillUntil(end);
                machine.jump(-lasts);
              });
      case KILLED -> somebody().kill();
      case HUNG_APPENDER -> somebody().hangUntil(end);
      case WALL_CLOCK_JUMPS -> machine().jump(jump());
      case STORE_CLOCK_JUMPS -> scene.store().jump(Duration.ofNanos(jump()));
      case OUTAGE -> {
        Writer one = somebody();
        boolean all = random.nextBoolean();
        writers.stream()
            .filter(writer -> all || writer == one)
            .forEach(writer -> writer.state.silentUntil = end);
      }
      case LOG_DENIED -> somebody().state.deniedUntil = end;
      case LEASE_DELETED -> scene.store().deleteLease();
      case LEASE_ROLLED_BACK -> scene.store().rollBackLease(random.nextInt(12));
      case HAND_OVER_DIES -> handOver();
      case CLONED -> copy();
      case LEASE_OFF -> leaseOff();
      default -> {} // lies on the way
    }
  }

  private interface Stopped {
    void doneTo(Machine machine);
  }

  private void stop(long end, Stopped what) {
    if (random.nextInt(4) == 0) {
      int reader = random.nextInt(readers.size());
      readers.get(reader).stopUntil(end);
      what.doneTo(readersMachines.get(reader));
    } else {
      Writer writer = somebody();
      writer.stopUntil(end);
      what.doneTo(writer.machine);
    }
  }

  private Machine machine() {
    return random.nextInt(4) == 0
        ? readersMachines.get(random.nextInt(readersMachines.size()))
        : somebody().machine;
  }

  private long jump() {
    long seconds = random.nextBoolean() ? 1 + random.nextInt(60) : random.nextInt(7_200);
    return (random.nextBoolean() ? seconds : -seconds) * SECOND;
  }

  private void handOver() {
    Writer from = somebody();
    from.handOver(
        switch (random.nextInt(4)) {
          case 0 -> "";
          case 1 -> "nobody";
          default -> writers.get(random.nextInt(writers.size())).name;
        });
    if (random.nextInt(3) > 0) {
      stage.at(stage.now() + random.nextInt(2_500) * 1_000_000L, from::kill);
    }
  }

  private void copy() {
    var copy = new Writer("copy" + ++more, scene, mode, random);
    if (somebody().copyTo(copy)) {
      writers.add(copy);
    }
  }

  private void leaseOff() {
    if (mode == Mode.LEASE && !bolder) {
      bolder = true; // two of them would fence each other in turns
      var bold = new Writer("off", scene, Mode.OFF, random);
      writers.add(bold);
      bold.start(0);
    }
  }
}
