package io.haduck.jdbc.internal.database;

import io.haduck.core.follower.FollowerStatus;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.retention.SweepReport;
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

  /**
   * In their order; all but the first three and the last are NULL in local-only mode, and what only
   * a writer knows where the database is followed.
   */
  static final List<StatusColumn> ALL =
      List.of(
          new StatusColumn("database", String.class, status -> status.database().toString()),
          new StatusColumn("role", String.class, status -> lower(status.role())),
          new StatusColumn("connections", long.class, status -> (long) status.connections()),
          new StatusColumn(
              "replica", String.class, either(ReplicatorStatus::replica, FollowerStatus::replica)),
          new StatusColumn(
              "state",
              String.class,
              either(
                  replication -> lower(replication.state()),
                  following -> lower(following.state()))),
          new StatusColumn(
              "epoch",
              long.class,
              either(ReplicatorStatus::epoch, following -> following.shown().epoch())),
          new StatusColumn(
              "seq",
              long.class,
              either(ReplicatorStatus::seq, following -> following.shown().seq())),
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
              either(
                  replication -> replication.lag().toNanos() / 1e9,
                  following -> following.lag().toNanos() / 1e9)),
          new StatusColumn(
              "failing_since",
              OffsetDateTime.class,
              either(
                  replication -> atUtc(replication.failingSince()),
                  following -> atUtc(following.failingSince()))),
          new StatusColumn(
              "last_error",
              String.class,
              either(
                  ReplicatorStatus::lastError,
                  following ->
                      following.problem() == null ? null : following.problem().getMessage())),
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
          new StatusColumn("swept_at", OffsetDateTime.class, ofReplication(StatusColumn::sweptAt)),
          new StatusColumn(
              "swept_objects",
              long.class,
              ofReplication(replication -> replication.sweep().deleted())),
          new StatusColumn(
              "swept_bytes",
              long.class,
              ofReplication(replication -> replication.sweep().deletedBytes())),
          new StatusColumn(
              "swept_versions", boolean.class, ofReplication(StatusColumn::keptAsVersions)),
          new StatusColumn(
              "sweep_error",
              String.class,
              ofReplication(replication -> replication.sweep().problem())),
          new StatusColumn("lock_lost", boolean.class, DatabaseStatus::lockLost));

  private static Function<DatabaseStatus, @Nullable Object> ofReplication(
      Function<ReplicatorStatus, @Nullable Object> value) {
    return status -> {
      ReplicatorStatus replication = status.replication().orElse(null);
      return replication == null ? null : value.apply(replication);
    };
  }

  private static Function<DatabaseStatus, @Nullable Object> either(
      Function<ReplicatorStatus, @Nullable Object> writing,
      Function<FollowerStatus, @Nullable Object> following) {
    return status -> {
      FollowerStatus followed = status.following().orElse(null);
      return followed == null ? ofReplication(writing).apply(status) : following.apply(followed);
    };
  }

  private static @Nullable OffsetDateTime sweptAt(ReplicatorStatus replication) {
    SweepReport last = replication.sweep().last();
    return last == null ? null : atUtc(last.at());
  }

  private static @Nullable Boolean keptAsVersions(ReplicatorStatus replication) {
    SweepReport last = replication.sweep().last();
    return last == null ? null : last.keptAsVersions();
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable OffsetDateTime atUtc(@Nullable Instant instant) {
    return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
  }
}
