package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.follower.FollowerStatus;
import io.haduck.testing.EmbeddedS3;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A follower that is opened while its store is down, or before there is anything to follow. */
@Tag("compat")
final class UnreachedFollowerTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;

  @AfterEach
  void end() {
    Haduck.shutdown();
  }

  private String url(String place, String replica, String more) throws Exception {
    return "jdbc:haduck:"
        + Files.createDirectories(directory.resolve(place)).resolve("my.duckdb")
        + ";haduck.replica="
        + replica
        + ";haduck.durability=commit;haduck.linger=0s;haduck.sync_timeout=2s"
        + more;
  }

  private static String settings(EmbeddedS3 s3) {
    return s3.settings().entrySet().stream()
        .map(setting -> ";haduck." + setting.getKey() + "=" + setting.getValue())
        .collect(Collectors.joining());
  }

  @Test
  void copiesThatAreHere_areServedWhileTheStoreIsDown_asFarAsMaxLagAllows() throws Exception {
    String replica = "s3://" + EmbeddedS3.BUCKET + "/followed";
    String mode = ";haduck.mode=follower";
    String store;
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      store = settings(s3);
      String written = url("writer", replica, store).replace("sync_timeout=2s", "sync_timeout=60s");
      try (Connection writer = DriverManager.getConnection(written);
          Connection follower =
              DriverManager.getConnection(url("follower", replica, store + mode))) {
        run(writer, "CREATE TABLE t AS SELECT range AS i FROM range(1000)");
        assertThat(Haduck.awaitPosition(follower, Haduck.position(writer), SOON).name())
            .isEqualTo("REACHED");
      }
    }
    try (Connection follower =
        DriverManager.getConnection(url("follower", replica, store + mode))) {
      assertThat(count(follower, "t")).isEqualTo(1000);
      FollowerStatus status = Haduck.status(follower).following().orElseThrow();
      assertThat(status.state()).isEqualTo(FollowerStatus.State.FAILING);
    }
    try (Connection follower =
        DriverManager.getConnection(
            url("follower", replica, store + mode + ";haduck.max_lag=2s"))) {
      assertThatThrownBy(() -> count(follower, "t"))
          .extracting(it -> ((SQLException) it).getSQLState())
          .isEqualTo("RP003");
    }
    assertThatThrownBy(() -> DriverManager.getConnection(url("another", replica, store + mode)))
        .isInstanceOf(SQLTransientConnectionException.class)
        .extracting(it -> ((SQLException) it).getSQLState())
        .isEqualTo("08001");
  }

  @Test
  void emptyReplica_isWaitedFor_whereLeaseWaitIsSet() throws Exception {
    String replica = "file:" + directory.resolve("replica");
    String mode = ";haduck.mode=follower;haduck.poll_interval=50ms";
    assertThatThrownBy(() -> DriverManager.getConnection(url("follower", replica, mode)))
        .hasMessageContaining("nothing to follow");
    String waiting = url("follower", replica, mode + ";haduck.lease_wait=forever");
    var opening =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return DriverManager.getConnection(waiting);
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    String written = url("writer", replica, "").replace("sync_timeout=2s", "sync_timeout=60s");
    try (Connection writer = DriverManager.getConnection(written)) {
      Haduck.shutdown(); // leaves who is about to connect alone
      run(writer, "CREATE TABLE t AS SELECT range AS i FROM range(10)");
      assertThat(opening).succeedsWithin(SOON);
      try (Connection follower = opening.get()) {
        Haduck.awaitPosition(follower, Haduck.position(writer), SOON);
        assertThat(count(follower, "t")).isEqualTo(10);
      }
    }
  }
}
