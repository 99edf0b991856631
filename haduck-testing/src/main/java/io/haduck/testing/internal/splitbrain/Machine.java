package io.haduck.testing.internal.splitbrain;

import io.haduck.core.Ticker;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;

/** The clocks of one machine, which are wrong as the round wants. */
final class Machine implements Ticker, InstantSource {
  static final Instant BEGINNING = Instant.parse("2026-11-30T12:00:00Z");

  private final Stage stage;
  private final long first;
  private final double rate;
  private long stoodStill;
  private long stillFrom;
  private long stillUntil;
  private long skewNanos;

  Machine(Stage stage, Random random) {
    this.stage = stage;
    this.first = random.nextLong() >> 8;
    this.rate = 1 + (random.nextDouble() - 0.5) / 50;
    this.skewNanos = (random.nextInt(7_200_000) - 3_600_000) * 1_000_000L;
  }

  @Override
  public long nanos() {
    long now = stage.now();
    long still = Math.max(0, Math.min(now, stillUntil) - stillFrom);
    return first + (long) ((now - stoodStill - still) * rate);
  }

  @Override
  public Instant instant() {
    return BEGINNING.plusNanos(stage.now() + skewNanos);
  }

  /** From now on the ticker stands still until then. */
  void standStillUntil(long end) {
    if (stage.now() >= stillUntil) {
      stoodStill += stillUntil - stillFrom;
      stillFrom = stage.now();
    }
    stillUntil = Math.max(stillUntil, end);
  }

  /** The wall clock is set. */
  void jump(long nanos) {
    skewNanos += nanos;
  }
}
