package io.haduck.core.internal.log;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The log's unit of time: microseconds since 1970 by the writer's clock. */
final class LogTime {
  private static final long MICROS = 1_000_000;

  private LogTime() {}

  /** Rounds down; a time too far away to be expressed becomes the nearest that can be. */
  static long toMicros(Instant time) {
    try {
      return Math.addExact(
          Math.multiplyExact(time.getEpochSecond(), MICROS), time.getNano() / 1000);
    } catch (ArithmeticException e) {
      return time.isBefore(Instant.EPOCH) ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  static Instant toInstant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
