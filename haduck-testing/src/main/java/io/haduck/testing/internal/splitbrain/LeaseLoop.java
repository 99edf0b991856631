package io.haduck.testing.internal.splitbrain;

import io.haduck.core.HaduckException;
import io.haduck.core.lease.SteppedLease;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The thread that keeps a lease, as the one of {@code HeldLease} does. */
final class LeaseLoop implements Stage.Part {
  private static final long SOON = Duration.ofMillis(20).toNanos();

  private final SteppedLease lease;
  private final Stage stage;
  private @Nullable Consumer<SteppedLease> wish;
  private @Nullable HaduckException refusal;
  private boolean over;

  /** Whether it waits for an answer rather than for the next look. */
  private boolean busy = true;

  private Stage.@Nullable Actor self;

  LeaseLoop(SteppedLease lease, Stage stage) {
    this.lease = lease;
    this.stage = stage;
  }

  SteppedLease lease() {
    return lease;
  }

  void rest() {
    lease.rest();
  }

  void end() {
    over = true;
  }

  @Override
  public void play() {
    long wait = lease.ttl().toNanos() / 3;
    Stage.Actor actor = Objects.requireNonNull(Stage.current());
    self = actor;
    while (!over) {
      long end = stage.now() + Math.min(wait, Duration.ofHours(1).toNanos());
      busy = false;
      actor.sleepUntil(end);
      busy = true;
      Consumer<SteppedLease> wanted = wish;
      if (wanted != null) {
        try {
          wanted.accept(lease);
        } catch (HaduckException e) {
          refusal = e;
        }
        wish = null;
      }
      if (!over) {
        wait = lease.step();
      }
    }
  }

  /** Lets that thread do something, and waits for it. For another one. */
  void ask(Consumer<SteppedLease> wanted) {
    refusal = null;
    wish = wanted;
    while (wish != null) {
      if (self != null && !busy) {
        self.hurry();
      }
      Objects.requireNonNull(Stage.current()).sleep(SOON);
    }
    HaduckException failed = refusal;
    if (failed != null) {
      throw failed;
    }
  }
}
