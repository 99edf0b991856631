package io.haduck.testing.internal.splitbrain;

import io.haduck.core.CorruptDataException;
import io.haduck.core.HaduckException;
import io.haduck.core.WritePermit;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.lease.Participant;
import io.haduck.core.lease.Participant.FileKey;
import io.haduck.core.lease.SteppedLease;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.splitbrain.Stage.Actor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A process that wants to write, and is started again whenever it ends. */
final class Writer {
  private static final long MILLI = 1_000_000L;

  /** So that the 15 s are seldom over, and often nearly. */
  private static final int SLOW_MILLIS = 12_000;

  final String name;
  final Machine machine;
  final Line.State state = new Line.State();
  private final Scene scene;
  private final Mode mode;
  private final Random random;
  private final ObjectStore line;
  private final List<Actor> actors = new ArrayList<>();
  private @Nullable Tenure tenure;
  private @Nullable LeaseLoop loop;
  private @Nullable Actor appending;
  private @Nullable String handOverTo;
  private boolean retired;
  private boolean quiet;
  private final boolean slow;
  private int sessions;
  private int generation;
  String last = "";

  /** What it asks before it writes. */
  enum Mode {
    LEASE,
    /** A lease that says yes to everybody. */
    ALWAYS,
    /** The setting {@code lease=off}. */
    OFF
  }

  Writer(String name, Scene scene, Mode mode, Random random) {
    this.name = name;
    this.scene = scene;
    this.mode = mode;
    this.random = random;
    this.slow = random.nextInt(6) == 0;
    this.machine = new Machine(scene.stage(), random);
    this.line = new Line(scene.stage(), scene.store(), scene.weather(), state);
  }

  /** Starts it. */
  void start(long delayNanos) {
    int started = ++generation;
    scene
        .stage()
        .at(
            scene.stage().now() + delayNanos,
            () -> {
              if (!retired && started == generation) {
                appending = play(name, this::live);
              }
            });
  }

  private Actor play(String part, Stage.Part what) {
    Actor actor = scene.stage().start(part, what);
    actors.add(actor);
    return actor;
  }

  /** Ends it as SIGKILL does; it is started again. */
  void kill() {
    actors.forEach(Actor::kill);
    actors.clear();
    tenure = null;
    loop = null;
    start(random.nextInt(3_000) * MILLI);
  }

  /** Ends it for good. */
  void retire() {
    retired = true;
    kill();
  }

  /** All of it stands still until then. */
  void stopUntil(long when) {
    actors.forEach(actor -> actor.stopUntil(when));
  }

  /** Only the thread that appends stands still. */
  void hangUntil(long when) {
    if (appending != null) {
      appending.stopUntil(when);
    }
  }

  /** Is to hand over, if it writes. */
  void handOver(String to) {
    handOverTo = to;
  }

  /** From now on it commits seldom. */
  void calmDown() {
    quiet = true;
  }

  boolean writes() {
    return tenure != null;
  }

  /** Goes on a second time on another machine; false if it does not write now. */
  boolean copyTo(Writer other) {
    Tenure mine = tenure;
    LeaseLoop held = loop;
    if (mine == null || (mode == Mode.LEASE && held == null)) {
      return false;
    }
    Tenure copied = mine.copy(other.machine, other.line, other.random.nextLong());
    if (copied == null) {
      return false;
    }
    SteppedLease lease =
        held == null ? null : other.world().copyOf(Objects.requireNonNull(held).lease(), copied);
    if (held != null && lease == null) {
      return false;
    }
    other.appending = other.play(other.name, () -> other.liveOn(copied, lease));
    return true;
  }

  private void liveOn(Tenure copied, @Nullable SteppedLease lease) {
    tenure = copied;
    try {
      write(copied, permit(lease));
    } catch (HaduckException e) {
      last = String.valueOf(e);
    }
    tenure = null;
    live();
  }

  private void live() {
    while (true) {
      try {
        liveOnce();
      } catch (HaduckException e) {
        last = String.valueOf(e);
      }
      tenure = null;
      if (loop != null) {
        loop.end();
        loop = null;
      }
      sleep(100 + random.nextInt(2_500));
    }
  }

  private void sleep(int millis) {
    Objects.requireNonNull(Stage.current()).sleep(millis * MILLI);
  }

  private Participant self() {
    byte[] id = new byte[16];
    random.nextBytes(id);
    long number = name.hashCode();
    return new Participant(
        HexFormat.of().formatHex(id),
        name,
        "host-" + name,
        "boot-" + name,
        new FileKey(7, number),
        new FileKey(7, number + 1));
  }

  private SteppedLease.World world() {
    return new SteppedLease.World(
        line,
        machine,
        machine,
        random,
        nanos -> Objects.requireNonNull(Stage.current()).sleep(nanos));
  }

  private void liveOnce() {
    var log = new ReplicationLog(line);
    Optional<LogState> found = log.loadLatest(LoadProgress.NONE);
    if (random.nextInt(3) == 0) {
      sleep(random.nextInt(4_000)); // it restores
    }
    String session = name + "#" + ++sessions;
    var owner = new LateOwner();
    Participant self = self();
    SteppedLease lease = null;
    if (mode == Mode.LEASE) {
      lease = world().acquire(self, scene.lease(), this::headSeq, random.nextInt(3) == 0, owner);
    } else if (mode == Mode.OFF) {
      world().requireNoLiveHolder(self, this::headSeq);
    }
    WritePermit permit = permit(lease);
    var opened =
        new Tenure(
            scene,
            name,
            session,
            machine,
            line,
            caughtUp(log, found).orElse(null),
            random.nextLong(),
            random.nextLong());
    owner.is(opened);
    tenure = opened;
    opened.open(permit);
    if (lease != null) {
      boolean unusedSinceTheLoopLooksSoon = lease.appended(self);
    }
    write(opened, permit);
  }

  private WritePermit permit(@Nullable SteppedLease lease) {
    if (lease == null) {
      return WritePermit.always();
    }
    var keeping = new LeaseLoop(lease, scene.stage());
    loop = keeping;
    Actor unusedSinceItIsRemembered = play(name + " lease", keeping);
    return lease.permit();
  }

  private Optional<LogState> caughtUp(ReplicationLog log, Optional<LogState> found) {
    if (found.isPresent() && random.nextBoolean()) {
      try {
        long unusedCount = log.poll(found.get());
        return found;
      } catch (CorruptDataException e) {
        // what is between was swept
      }
    }
    return log.loadLatest(LoadProgress.NONE);
  }

  private long headSeq() {
    String after = "";
    while (true) {
      var page = line.list(LogKeys.CHANGESETS, after);
      if (!page.objects().isEmpty()) {
        after = page.objects().get(page.objects().size() - 1).key();
      }
      if (!page.truncated()) {
        return after.isEmpty() ? 0 : LogKeys.changesetSeq(after).orElseThrow();
      }
    }
  }

  private void write(Tenure writing, WritePermit permit) {
    LeaseLoop held = loop;
    handOverTo = null;
    while (true) {
      writing.sleep(
          (quiet ? 2_000 : 0) + random.nextInt(slow && !quiet ? SLOW_MILLIS : scene.thinkMillis()));
      writing.commit(permit);
      String to = handOverTo;
      if (to != null && held != null) {
        held.ask(lease -> lease.leave(to.isEmpty() ? null : to, Duration.ofSeconds(10)));
        return;
      }
      if (held != null && !quiet && random.nextInt(40) == 0) {
        held.rest();
        writing.sleep(random.nextInt((int) scene.ttl().toMillis()));
        held.ask(SteppedLease::use);
      }
    }
  }

  @Override
  public String toString() {
    LeaseLoop held = loop;
    return name
        + " ("
        + mode
        + ")"
        + (held == null ? "" : ", permit " + held.lease().permit().ask())
        + ", "
        + actors.stream().filter(it -> !it.hasEnded()).toList()
        + ", last "
        + last;
  }
}
