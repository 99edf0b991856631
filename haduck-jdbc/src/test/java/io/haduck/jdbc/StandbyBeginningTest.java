package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.lease.LeaseOptions;
import io.haduck.core.lease.WriterLease;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who is asked to stand by, or to hand over, where there is nobody to do it for yet. */
final class StandbyBeginningTest extends StandbyPair {
  /** As where two pods with one URL are started at once, with an empty bucket. */
  @Test
  void emptyReplica_thatAnotherOneIsJustBeginning_isFollowed() throws Exception {
    Path replica = directory.resolve("replica").resolve("my.duckdb");
    Path place = Files.createDirectories(directory.resolve("first"));
    Path lock = Files.createFile(place.resolve("not-the-lock"));
    ObjectStore ofTheLease = new FileObjectStore(replica);
    try (WriterLease lease =
            WriterLease.opening(ofTheLease, LeaseOptions.of(Duration.ofSeconds(2)), "first");
        ReplicatedDatabase first =
            ReplicatedDatabase.in(place, replica)
                .named("my.duckdb")
                .withOptions(options -> options.withLease(lease))) {
      lease.acquire(first.file(), lock, () -> 0);
      var connecting = new CompletableFuture<Connection>();
      var thread =
          new Thread(
              () -> {
                try {
                  connecting.complete(standBy("standby"));
                } catch (Exception e) {
                  connecting.completeExceptionally(e);
                }
              });
      thread.start();
      // It has looked for a log in vain, and is about to find that the lease is another one's.
      await()
          .atMost(SOON)
          .until(() -> Files.exists(file("standby").resolveSibling("my.duckdb.haduck-lock")));
      first.open();
      first.execute("CREATE TABLE t AS SELECT range AS i FROM range(10)");
      first.awaitPosition();
      try (Connection standby = connecting.get(1, TimeUnit.MINUTES)) {
        assertThat(Haduck.status(standby).role()).isEqualTo(DatabaseRole.STANDBY);
        await().atMost(SOON).ignoreExceptions().until(() -> count(standby, "t") == 10);
      }
    }
  }

  @Test
  void lockedConfiguration_isNoObstacle() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
    }
    try (Connection standby =
        DriverManager.getConnection(standbyUrl("standby") + ";lock_configuration=true")) {
      assertThat(count(standby, "t")).isEqualTo(1001);
      awaitPromotion(standby);
      run(standby, "INSERT INTO t VALUES (-2)");
      assertThat(count(standby, "t")).isEqualTo(1002);
    }
  }

  @Test
  void handOver_toOneself_isRefused_andTheWriterGoesOn() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
      assertThatThrownBy(() -> Haduck.handOver(writer, "writer"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("is written by 'writer' already, which is this process");
      run(writer, "INSERT INTO t VALUES (-2)");
      assertThat(count(writer, "t")).isEqualTo(1002);
    }
  }
}
