package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.CommitReceipt;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A wall clock that is set: commits stay in their order, and times find them. */
final class ClockTest {
  @TempDir Path directory;

  @Test
  void commits_whileTheClockIsSetBackAndForth_haveTimesThatOnlyGrow() throws Exception {
    var now = new AtomicReference<>(Instant.parse("2026-03-01T12:00:00Z"));
    List<CommitReceipt> receipts = new ArrayList<>();
    try (var database =
        ReplicatedDatabase.in(directory).withOptions(options -> options.withClock(now::get))) {
      database.open();
      database.execute("CREATE TABLE t(a INTEGER)");
      receipts.add(database.checkpoint());
      for (Duration jump :
          List.of(
              Duration.ofHours(-1),
              Duration.ofDays(-365 * 40),
              Duration.ofDays(365 * 41),
              Duration.ofSeconds(-1),
              Duration.ofDays(-800))) {
        now.set(now.get().plus(jump));
        database.execute("INSERT INTO t VALUES (1)");
        receipts.add(database.awaitPosition());
        database.execute("INSERT INTO t VALUES (2)");
        receipts.add(database.checkpoint());
        database.reopen();
      }
      assertThat(database.contents()).isEqualTo(database.restoredContents());
    }
    for (int i = 1; i < receipts.size(); i++) {
      assertThat(receipts.get(i).time()).isAfter(receipts.get(i - 1).time());
      assertThat(receipts.get(i).seq()).isGreaterThan(receipts.get(i - 1).seq());
    }
    for (int i = 0; i < receipts.size(); i++) {
      assertThat(rowsAt(receipts.get(i).time())).isEqualTo(i);
    }
  }

  private long rowsAt(Instant time) throws Exception {
    Path restored = directory.resolve("restored-" + UUID.randomUUID() + ".duckdb");
    try (ObjectStore store = new FileObjectStore(directory.resolve("replica"))) {
      Restorer.create()
          .restore(RestoreRequest.latest(store, restored).at(new RestoreTarget.AtTime(time)));
    }
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + restored);
        var statement = plain.createStatement();
        var rows = statement.executeQuery("SELECT count(*) FROM t")) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
