package io.haduck.core.internal.kept;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.PolicyInForce;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

/** What tests write down. */
final class KeptObjects {
  static final Instant NOW = Instant.parse("2026-12-01T00:00:00.123456Z");
  static final UUID LINEAGE = UUID.fromString("11111111-2222-3333-4444-555555555555");
  static final PolicyInForce POLICY =
      new PolicyInForce(
          new RetentionPolicy(
              Duration.ofDays(7),
              Duration.ofHours(36),
              Map.of(Period.DAILY, 14, Period.YEARLY, 2),
              ZoneId.of("Europe/Berlin"),
              3),
          null);

  private KeptObjects() {}

  static Retries retries(int attempts) {
    return Retries.of(
        attempts, () -> new Backoff(Duration.ofNanos(100), Duration.ofNanos(1000), new Random(1)));
  }

  static LogPosition position(long seq) {
    return new LogPosition(seq, Digest.sha256(new byte[] {(byte) seq, (byte) (seq >> 8)}));
  }

  static KeptState kept(long seq, String... reasons) {
    return new KeptState(
        LoggedState.Kind.CHECKPOINT,
        position(seq).digest(),
        NOW.minusSeconds(100_000 - seq),
        List.of(reasons));
  }

  /** One that lists states below its floor, which is behind the last of them. */
  static Manifest manifest(long number, long floor, long... seqs) {
    NavigableMap<Long, KeptState> states = new TreeMap<>();
    for (long seq : seqs) {
      states.put(seq, kept(seq, "daily 2026-11-20", "hourly 2026-11-20 23:00 +01:00"));
    }
    return new Manifest(
        number,
        LINEAGE,
        position(10_000),
        NOW,
        POLICY,
        Duration.ofHours(24),
        new Floors(Math.min(floor, 3), floor),
        states);
  }

  static NameRecord point(String name, LogPosition position) {
    return NameRecord.point(
        StateName.point(name),
        position,
        NOW.minusSeconds(60),
        NOW,
        UUID.nameUUIDFromBytes(new byte[] {(byte) position.seq()}));
  }

  static NameRecord pin(LogPosition position) {
    return NameRecord.pin(
        UUID.nameUUIDFromBytes(new byte[] {7, (byte) position.seq()}),
        position,
        NOW.minusSeconds(60),
        NOW,
        Instant.parse("2126-12-01T00:00:00Z"), // beyond what any clock tells
        "restore of /data/app.duckdb");
  }
}
