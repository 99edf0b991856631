package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.haduck.core.lease.LeaseRecord;
import io.haduck.core.replica.ReplicatorStatus;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A writer that is in trouble ends as a writer within a few times to live, and somebody writes. */
final class LivenessTest extends PlacedMachines {
  /** What keeps a writer from appending. */
  enum Trouble {
    /** An append is not answered, while the lease is. */
    HUNG,
    /** Appends are answered with 403, while the lease is not. */
    DENIED,
    /** Nothing reaches the store. */
    CUT_OFF
  }

  private void trouble(Trouble trouble) {
    switch (trouble) {
      case HUNG -> hang("writer", PlacedMachines::appends);
      case DENIED -> denyAppends("writer");
      case CUT_OFF -> cutOff("writer");
    }
  }

  @ParameterizedTest
  @EnumSource
  void writer_thatCannotAppend_isFollowedByTheStandby(Trouble trouble) throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby")) {
      catchUp(standby, writer);
      trouble(trouble);
      CompletableFuture<String> commit = outcome(writer, "INSERT INTO t VALUES (-11)");
      awaitPromotion(standby);
      assertThat(count(standby, "t")).isEqualTo(1001);
      run(standby, "INSERT INTO t VALUES (-12)");
      if (trouble != Trouble.HUNG) {
        PlacedStores.heal("writer"); // it learns of it
      }
      // while what it sent is under way still, if it is
      assertThat(commit.get(60, TimeUnit.SECONDS)).isEqualTo("08007");
      heal();
      requireOneWriter("standby", standby, writer);
      assertThat(rowsOfTheReplica()).contains(-12L).doesNotContain(-11L);
      closeQuietly(writer);
    }
  }

  @Test
  void handOver_toADeadTarget_isTheStandbysAfterATtl() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby")) {
      Haduck.handOver(writer, "dead");
      assertThat(lease().state()).isEqualTo(LeaseRecord.State.HANDING_OVER);
      awaitPromotion(standby);
      requireOneWriter("standby", standby, writer);
      closeQuietly(writer);
    }
  }

  @Test
  void handOver_toADeadTarget_withNobodyElse_isTheOldHoldersAgain() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
      Haduck.handOver(writer, "dead");
    }
    try (Connection again = write("writer")) {
      requireOneWriter("writer", again);
      assertThat(count(again, "t")).isEqualTo(1002);
    }
  }

  /** Longer than an append is believed to be the log's head without a look. */
  @Test
  void silentStore_withNobodyContending_stopsNoLocalSql_andChangesNothing() throws Exception {
    String url = url("writer", "").replace("durability=commit", "durability=async");
    try (Connection writer = DriverManager.getConnection(url)) {
      makeTable(writer);
      Haduck.sync(writer);
      String session = lease().session();
      Hang silence = hang("writer", (call, key) -> true);
      var number = new AtomicInteger();
      await()
          .during(Duration.ofSeconds(16))
          .atMost(Duration.ofSeconds(40))
          .pollInterval(Duration.ofMillis(100))
          .until(
              () -> {
                run(writer, "INSERT INTO t VALUES (" + number.incrementAndGet() + ")");
                return count(writer, "t") == 1001 + number.get();
              });
      assertThat(silence.hasBegun()).isTrue();
      PlacedStores.heal("writer");
      silence.end();
      Haduck.sync(writer);
      assertThat(lease().session()).isEqualTo(session);
      assertThat(replication(writer).epoch()).isEqualTo(1);
      requireOneWriter("writer", writer);
      assertThat(rowsOfTheReplica()).hasSize(1002 + number.get());
    }
  }

  private static ReplicatorStatus replication(Connection connection) throws SQLException {
    return Haduck.status(connection).replication().orElseThrow();
  }

  // --- two pools

  /** What an application does that takes a connection for each request. */
  private static final class Application implements AutoCloseable {
    final List<Long> acknowledged = new CopyOnWriteArrayList<>();
    final HikariDataSource pool;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Thread thread;

    Application(String url, long first) {
      var config = new HikariConfig();
      config.setJdbcUrl(url);
      config.setMaximumPoolSize(2);
      config.setInitializationFailTimeout(-1);
      config.setConnectionTimeout(1_000);
      pool = new HikariDataSource(config);
      thread = new Thread(() -> write(first), "application " + first);
      thread.start();
    }

    private void write(long first) {
      for (long i = first; !ended.get(); i++) {
        try (Connection connection = pool.getConnection()) {
          run(connection, "INSERT INTO t VALUES (" + i + ")");
          acknowledged.add(i);
        } catch (SQLException e) {
          // the request fails
        }
      }
    }

    void awaitWrites() {
      int before = acknowledged.size();
      await().atMost(SOON).until(() -> acknowledged.size() > before + 3);
    }

    void end() {
      ended.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      pool.close();
    }

    @Override
    public void close() {
      end();
    }
  }

  @Test
  void twoPools_withOnDivergeRestore_areOneWriterAtATime_andLoseNothing() throws Exception {
    try (Connection first = write("writer")) {
      makeTable(first);
    }
    String restore = ";haduck.on_diverge=restore;haduck.sync_timeout=3s";
    try (var one = new Application(url("one", restore), 10_000)) {
      one.awaitWrites();
      try (var two = new Application(url("two", restore), 20_000)) {
        await().during(Duration.ofSeconds(2)).atMost(SOON).until(() -> two.acknowledged.isEmpty());
        one.awaitWrites();
        cutOff("one");
        two.awaitWrites();
        PlacedStores.heal("one");
        int until = one.acknowledged.size();
        await()
            .during(Duration.ofSeconds(3))
            .atMost(SOON)
            .until(() -> one.acknowledged.size() == until);
        two.awaitWrites();
        two.end();
        one.awaitWrites();
        try (Connection connection = one.pool.getConnection()) {
          assertThat(replication(connection).epoch()).as("no turns but these").isEqualTo(4);
        }
        one.end();
        assertThat(rowsOfTheReplica())
            .containsAll(one.acknowledged)
            .containsAll(two.acknowledged)
            .doesNotHaveDuplicates();
      }
    }
  }

  // --- a standby that does not see

  @Test
  void standby_thatWasCutOff_staysOne_andFollowsAgain() throws Exception {
    try (Connection writer = write("writer")) {
      makeTable(writer);
      try (Connection standby = standBy("standby")) {
        catchUp(standby, writer);
        cutOff("standby");
        await()
            .during(Duration.ofSeconds(3))
            .atMost(SOON)
            .until(() -> Haduck.status(standby).role() == DatabaseRole.STANDBY);
        run(writer, "INSERT INTO t VALUES (1)");
        assertThat(count(standby, "t")).isEqualTo(1001);
        assertThatThrownBy(() -> Haduck.promote(standby, Duration.ofMillis(500)))
            .isInstanceOf(SQLException.class);
        PlacedStores.heal("standby");
        catchUp(standby, writer);
        assertThat(count(standby, "t")).isEqualTo(1002);
        requireOneWriter("writer", writer, standby);
        closeQuietly(writer);
        awaitPromotion(standby);
        requireOneWriter("standby", standby);
      }
    }
  }

  @Test
  void standby_thatWasCutOff_whenTheWriterEnded_isPromotedWhenItSeesAgain() throws Exception {
    Connection writer = write("writer");
    makeTable(writer);
    try (Connection standby = standBy("standby")) {
      cutOff("standby");
      run(writer, "INSERT INTO t VALUES (1)");
      writer.close();
      await()
          .during(Duration.ofSeconds(3))
          .atMost(SOON)
          .until(() -> Haduck.status(standby).role() == DatabaseRole.STANDBY);
      PlacedStores.heal("standby");
      awaitPromotion(standby);
      assertThat(count(standby, "t")).isEqualTo(1002);
      requireOneWriter("standby", standby);
    }
  }
}
