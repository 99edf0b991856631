package io.haduck.core.log;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The log's unit of time: microseconds since 1970 by the writer's clock. */
final class LogTime {
  private LogTime() {}

  static long toMicros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  static Instant toInstant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
