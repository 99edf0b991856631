package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.loseTheDisk;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.Ticker;
import io.haduck.core.internal.log.Appender;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.store.FileObjectStore;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import io.haduck.testing.internal.OtherProcess;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Databases that are attached by {@code ATTACH 'haduck:…'}: what is committed to them is on the
 * replica, until they are detached.
 */
@Tag("compat")
final class AttachedDatabaseTest extends Attaching {
  @Test
  void attachedToMemory_isReplicated_andRestoredByTheNextAttach() throws Exception {
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "mydb"));
      run(connection, "CREATE TABLE mydb.t AS SELECT range AS i FROM range(1000)");
      run(connection, "CHECKPOINT mydb");
      assertThat(status(connection, 0).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
      assertThat(status(connection, 0).replica()).endsWith("/replica/a.duckdb");
      assertThat(text(connection, "SELECT path FROM duckdb_databases() WHERE database_name='mydb'"))
          .isEqualTo(file("a.duckdb").toString());
      run(connection, "INSERT INTO mydb.t VALUES (-1)");
    }
    Haduck.shutdown();
    loseTheDisk(directory);
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "again"));
      assertThat(number(connection, "SELECT count(*) FROM again.t")).isEqualTo(1001);
    }
  }

  @Test
  void attachedToAReplicatedDatabase_inheritsItsReplica_underItsOwnName() throws Exception {
    try (Connection connection = onMain()) {
      run(connection, "CREATE TABLE t (i INTEGER)");
      run(connection, "ATTACH 'haduck:" + file("other.duckdb") + "'");
      run(connection, "CREATE TABLE other.t AS SELECT 7 AS i");
      Haduck.sync(connection);
      assertThat(Haduck.statuses(connection)).hasSize(2);
      assertThat(status(connection, 0).replica()).endsWith("/main.duckdb");
      assertThat(status(connection, 1).replica()).endsWith("/other.duckdb");
      assertThat(status(connection, 1).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
    }
    Haduck.shutdown();
    loseTheDisk(directory);
    try (Connection connection = onMain()) {
      run(connection, "ATTACH 'haduck:" + file("other.duckdb") + "'");
      assertThat(number(connection, "SELECT i FROM other.t")).isEqualTo(7);
    }
  }

  @Test
  void attachedToALocalDatabase_isReplicatedAlone() throws Exception {
    String local = "jdbc:haduck:" + file("local.duckdb");
    try (Connection connection = DriverManager.getConnection(local)) {
      run(connection, attach("a.duckdb", "a"));
      run(connection, "CREATE TABLE a.t AS SELECT 1 AS i");
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
      Haduck.sync(connection);
      assertThat(Haduck.statuses(connection))
          .extracting(DatabaseStatus::role)
          .containsExactly(DatabaseRole.LOCAL_ONLY, DatabaseRole.WRITER);
    }
    assertThat(file("local.duckdb.haduck")).doesNotExist();
    assertThat(file("replica")).isDirectoryContaining("glob:**a.duckdb");
  }

  @Test
  void commit_waitsForTheAttachedDatabase() throws Exception {
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "a", ";haduck.durability=commit"));
      run(connection, "CREATE TABLE a.t (i INTEGER)");
      for (int i = 0; i < 20; i++) {
        run(connection, "INSERT INTO a.t VALUES (" + i + ")");
        assertThat(status(connection, 0).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
      }
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO a.t VALUES (20)");
      connection.commit();
      assertThat(status(connection, 0).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
    }
  }

  @Test
  void commit_waitsForEachOfSeveral_andSaysWhichIsPending() throws Exception {
    FaultyStores.prepare(file("replica").resolve("b.duckdb"), store -> {});
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "a", ";haduck.durability=commit"));
      run(
          connection,
          "ATTACH 'haduck:"
              + file("b.duckdb")
              + ";haduck.replica="
              + FaultyStores.url(file("replica"))
              + ";haduck.durability=commit;haduck.sync_timeout=300ms' AS b");
      run(connection, "CREATE TABLE a.t (i INTEGER)");
      // On a slow machine it may be pending: b waits for 300 ms only.
      await()
          .ignoreExceptionsInstanceOf(ReplicationPendingException.class)
          .untilAsserted(() -> run(connection, "CREATE TABLE IF NOT EXISTS b.t (i INTEGER)"));
      await()
          .ignoreExceptionsInstanceOf(ReplicationPendingException.class)
          .untilAsserted(() -> Haduck.sync(connection));
      FaultyStores.opened(file("replica").resolve("b.duckdb")).outage(true);
      assertThatThrownBy(() -> run(connection, "INSERT INTO b.t VALUES (1)"))
          .isInstanceOf(ReplicationPendingException.class)
          .hasMessageContaining("b.duckdb");
      run(connection, "SELECT * FROM a.t");
      FaultyStores.opened(file("replica").resolve("b.duckdb")).outage(false);
      await().ignoreExceptions().untilAsserted(() -> Haduck.sync(connection));
      run(connection, "INSERT INTO a.t VALUES (1)");
      assertThat(status(connection, 0).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
      assertThat(status(connection, 1).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
    }
  }

  @Test
  void checkpointOfOne_doesNotWaitForTheOther_whoseStoreIsDown() throws Exception {
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "a"));
      run(
          connection,
          "ATTACH 'haduck:"
              + file("b.duckdb")
              + ";haduck.replica="
              + FaultyStores.url(file("replica"))
              + ";haduck.sync_timeout=300ms' AS b");
      run(connection, "CREATE TABLE a.t (i INTEGER); CREATE TABLE b.t (i INTEGER)");
      FaultyStores.opened(file("replica").resolve("b.duckdb")).outage(true);
      run(connection, "INSERT INTO b.t VALUES (1)");
      run(connection, "INSERT INTO a.t VALUES (1)");
      run(connection, "CHECKPOINT A");
      assertThat(status(connection, 0).state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
      assertThatThrownBy(() -> run(connection, "FORCE CHECKPOINT \"b\""))
          .isInstanceOf(ReplicationPendingException.class);
      run(connection, "USE a");
      run(connection, "INSERT INTO t VALUES (2)");
      run(connection, "CHECKPOINT");
      assertThat(Haduck.checkpoint(connection).checkpointed()).isTrue();
      assertThat(Haduck.checkpoint(connection, "a").checkpointed()).isTrue();
      assertThatThrownBy(() -> run(connection, "USE b; CHECKPOINT"))
          .isInstanceOf(ReplicationPendingException.class);
      assertThatThrownBy(() -> Haduck.checkpoint(connection, "b"))
          .isInstanceOf(ReplicationPendingException.class);
      assertThatThrownBy(() -> Haduck.sync(connection))
          .isInstanceOf(ReplicationPendingException.class);
      FaultyStores.opened(file("replica").resolve("b.duckdb")).outage(false);
      await().ignoreExceptions().untilAsserted(() -> Haduck.sync(connection));
      run(connection, "USE memory");
    }
  }

  @Test
  void detach_shipsAndFreesTheFile() throws Exception {
    try (Connection connection = memory()) {
      for (String detach :
          List.of("DETACH a", "DETACH DATABASE IF EXISTS a", "detach \"A\"; SELECT 1")) {
        run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
        run(connection, "CREATE OR REPLACE TABLE a.t AS SELECT 1 AS i");
        run(connection, detach);
        assertThat(Haduck.statuses(connection)).isEmpty();
        assertThat(OfThisJvm.databases().all()).isEmpty();
        detachIsFree(file("a.duckdb"));
        loseTheDisk(directory);
      }
      run(connection, "DETACH DATABASE IF EXISTS a");
      run(connection, attach("a.duckdb", "b"));
      assertThat(number(connection, "SELECT count(*) FROM b.t")).isEqualTo(1);
    }
  }

  /** It is sent and closed before it is looked whether the call itself has committed something. */
  @Test
  void detach_ofWhatWaitsForItsReplica_andDoesNotLinger_isNotPending() throws Exception {
    String durable = ";haduck.linger=0s;haduck.durability=commit";
    try (Connection connection = memory()) {
      for (String detach : List.of("DETACH a", "INSERT INTO a.t VALUES (2); DETACH a")) {
        run(connection, attach("a.duckdb", "a", durable));
        run(connection, "CREATE OR REPLACE TABLE a.t AS SELECT 1 AS i");
        run(connection, detach);
        detachIsFree(file("a.duckdb"));
      }
      loseTheDisk(directory);
      run(connection, attach("a.duckdb", "a", durable));
      assertThat(number(connection, "SELECT sum(i) FROM a.t")).isEqualTo(3);
    }
  }

  @Test
  void detach_whileAnotherTransactionReads_isPickedUpAgain() throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:haduck::memory:shared");
        Connection reader = DriverManager.getConnection("jdbc:haduck::memory:shared")) {
      run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
      run(connection, "CREATE TABLE a.t AS SELECT 1 AS i");
      reader.setAutoCommit(false);
      assertThat(number(reader, "SELECT count(*) FROM a.t")).isEqualTo(1);
      run(connection, "DETACH a");
      assertThat(OtherProcess.canOpen(file("a.duckdb"))).isFalse();
      assertThatThrownBy(() -> run(connection, attach("a.duckdb", "a", ";haduck.linger=0s")))
          .hasMessageContaining("already attached");
      assertThat(Haduck.statuses(connection)).as("DuckDB has it open still").hasSize(1);
      reader.rollback();
      assertThat(Haduck.statuses(connection)).isEmpty();
      run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
      assertThat(number(connection, "SELECT count(*) FROM a.t")).isEqualTo(1);
    }
  }

  @Test
  void commit_toADatabaseThatAnotherConnectionDetached_isOnTheReplica() throws Exception {
    String durable = ";haduck.linger=0s;haduck.durability=commit";
    try (Connection connection = DriverManager.getConnection("jdbc:haduck::memory:shared");
        Connection writer = DriverManager.getConnection("jdbc:haduck::memory:shared")) {
      run(connection, attach("a.duckdb", "a", durable));
      run(connection, "CREATE TABLE a.t AS SELECT 1 AS i");
      writer.setAutoCommit(false);
      run(writer, "INSERT INTO a.t VALUES (2)");
      run(connection, "DETACH a");
      writer.commit();
      assertThat(Haduck.statuses(connection)).isEmpty();
      loseTheDisk(directory);
      run(connection, attach("a.duckdb", "a", durable));
      assertThat(number(connection, "SELECT sum(i) FROM a.t")).isEqualTo(3);
    }
  }

  @Test
  void attachInATransaction_thatIsRolledBack_isUndone() throws Exception {
    try (Connection connection = memory()) {
      connection.setAutoCommit(false);
      run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
      assertThat(Haduck.statuses(connection)).hasSize(1);
      connection.rollback();
      assertThat(Haduck.statuses(connection)).isEmpty();
      detachIsFree(file("a.duckdb"));
      connection.setAutoCommit(true);
      run(connection, "BEGIN");
      run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
      run(connection, "ROLLBACK");
      assertThat(Haduck.statuses(connection)).isEmpty();
      run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
      assertThat(Haduck.statuses(connection)).hasSize(1);
    }
  }

  @Test
  void unwrappedConnections_andLastClose_detachWhatIsAttached() throws Exception {
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
      run(connection, "CREATE TABLE a.t AS SELECT 1 AS i");
      DuckDBConnection unwrapped = connection.unwrap(DuckDBConnection.class);
      run(unwrapped, "DETACH a");
      assertThatThrownBy(() -> run(connection, "SELECT * FROM a.t"))
          .isInstanceOf(SQLException.class);
      assertThat(Haduck.statuses(connection)).as("seen after the call that failed").isEmpty();
      // DuckDB can know the path for a moment longer than it has the file open.
      await()
          .ignoreException(SQLException.class)
          .until(
              () -> {
                run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
                return true;
              });
      run(connection, "INSERT INTO a.t VALUES (2)");
    }
    assertThat(OfThisJvm.databases().all()).isEmpty();
    loseTheDisk(directory);
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "a"));
      assertThat(number(connection, "SELECT sum(i) FROM a.t")).isEqualTo(3);
    }
  }

  @Test
  void fencedAttachedDatabase_failsStatements_untilItIsDetached() throws Exception {
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "a", ";haduck.linger=0s"));
      run(connection, "CREATE TABLE a.t AS SELECT 1 AS i");
      Haduck.sync(connection);
      try (var store = new FileObjectStore(file("replica").resolve("a.duckdb"))) {
        // As another process takes over.
        var log = new ReplicationLog(store);
        LogState head = log.loadLatest(LoadProgress.NONE).orElseThrow();
        var epoch = head.nextEpoch(UUID.randomUUID(), Instant.now(), "/elsewhere/a.duckdb");
        new Appender(store, Ticker.system(), InstantSource.system())
            .append(ChangesetCodec.encode(epoch, List.of()));
        run(connection, "INSERT INTO a.t VALUES (3)");
        assertThatThrownBy(() -> Haduck.sync(connection))
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("08"));
        assertThatThrownBy(() -> run(connection, "SELECT 1"))
            .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("08"));
        assertThat(connection.isValid(1)).isFalse();
        try {
          run(connection, "USE memory; DETACH a");
        } catch (SQLException e) {
          assertThat(e.getSQLState()).as("it may say again what has happened").startsWith("08");
        }
        run(connection, "SELECT 1");
        assertThat(connection.isValid(1)).isTrue();
      }
    }
  }
}
