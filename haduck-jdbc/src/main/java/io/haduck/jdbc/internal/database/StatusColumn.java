package io.haduck.jdbc.internal.database;

import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.jdbc.DatabaseStatus;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A column of {@code haduck_status()}.
 *
 * @param name in SQL
 * @param type String, long, double, boolean or {@link OffsetDateTime}
 * @param value in the row of a database; null for NULL
 */
record StatusColumn(String name, Class<?> type, Function<DatabaseStatus, @Nullable Object> value) {

  /** In their order; all but the first three and the last are NULL in local-only mode. */
  static final List<StatusColumn> ALL =
      List.of(
          new StatusColumn("database", String.class, status -> status.database().toString()),
          new StatusColumn("role", String.class, status -> lower(status.role())),
          new StatusColumn("connections", long.class, status -> (long) status.connections()),
          new StatusColumn("replica", String.class, ofReplication(ReplicatorStatus::replica)),
          new StatusColumn(
              "state", String.class, ofReplication(replication -> lower(replication.state()))),
          new StatusColumn("epoch", long.class, ofReplication(ReplicatorStatus::epoch)),
          new StatusColumn("seq", long.class, ofReplication(ReplicatorStatus::seq)),
          new StatusColumn(
              "local_iteration", long.class, ofReplication(ReplicatorStatus::localIteration)),
          new StatusColumn(
              "replicated_iteration",
              long.class,
              ofReplication(ReplicatorStatus::replicatedIteration)),
          new StatusColumn("local_wal", long.class, ofReplication(ReplicatorStatus::localWal)),
          new StatusColumn(
              "replicated_wal", long.class, ofReplication(ReplicatorStatus::replicatedWal)),
          new StatusColumn("lag_bytes", long.class, ofReplication(ReplicatorStatus::lagBytes)),
          new StatusColumn(
              "lag_seconds",
              double.class,
              ofReplication(replication -> replication.lag().toNanos() / 1e9)),
          new StatusColumn(
              "failing_since",
              OffsetDateTime.class,
              ofReplication(replication -> atUtc(replication.failingSince()))),
          new StatusColumn("last_error", String.class, ofReplication(ReplicatorStatus::lastError)),
          new StatusColumn("commits", long.class, ofReplication(ReplicatorStatus::commits)),
          new StatusColumn("bytes_sent", long.class, ofReplication(ReplicatorStatus::bytesSent)),
          new StatusColumn(
              "missed_iterations", long.class, ofReplication(ReplicatorStatus::missedIterations)),
          new StatusColumn(
              "file_events", boolean.class, ofReplication(ReplicatorStatus::fileEvents)),
          new StatusColumn(
              "scrubbed_at",
              OffsetDateTime.class,
              ofReplication(replication -> atUtc(replication.scrub().finished()))),
          new StatusColumn(
              "scrub_differences",
              long.class,
              ofReplication(
                  replication ->
                      replication.scrub().differences() + replication.scrub().unreadable())),
          new StatusColumn("lock_lost", boolean.class, DatabaseStatus::lockLost));

  private static Function<DatabaseStatus, @Nullable Object> ofReplication(
      Function<ReplicatorStatus, @Nullable Object> value) {
    return status -> {
      ReplicatorStatus replication = status.replication().orElse(null);
      return replication == null ? null : value.apply(replication);
    };
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable OffsetDateTime atUtc(@Nullable Instant instant) {
    return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
  }
}
