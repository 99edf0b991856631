package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.loseTheDisk;
import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.store.FileObjectStore;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import io.haduck.testing.internal.OtherProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases that are attached by {@code ATTACH 'haduck:…'}. */
@Tag("compat")
final class AttachTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
    assertThat(OfThisJvm.databases().all()).as("left open").isEmpty();
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private String replica() {
    return ";haduck.replica=file:" + file("replica");
  }

  private static Connection memory() throws SQLException {
    return DriverManager.getConnection("jdbc:haduck:");
  }

  private Connection onMain(String... options) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:" + file("main.duckdb") + replica() + String.join("", options));
  }

  /** The text between the quotes. */
  private String target(String name, String... settings) {
    return "haduck://" + file(name) + replica() + String.join("", settings);
  }

  private String attach(String name, String as, String... settings) {
    return "ATTACH '" + target(name, settings) + "' AS " + as;
  }

  private static ReplicatorStatus status(Connection connection, int index) throws SQLException {
    return Haduck.statuses(connection).get(index).replication().orElseThrow();
  }

  private static void detachIsFree(Path file) throws Exception {
    assertThat(OtherProcess.canOpen(file)).isTrue();
  }

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
      run(connection, "CREATE TABLE a.t (i INTEGER); CREATE TABLE b.t (i INTEGER)");
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

  /** A reader must not take the log over from the writer. */
  @Test
  void attach_toAReadOnlyInstance_doesNotOpenTheReplica() throws Exception {
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "a"));
      run(connection, "CREATE TABLE a.t AS SELECT 1 AS i");
      run(connection, "DETACH a");
    }
    Haduck.shutdown();
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file("ro.duckdb"))) {
      run(plain, "CREATE TABLE x(i INTEGER)");
    }
    Path log = file("replica").resolve("a.duckdb").resolve("log");
    long before = log.toFile().list().length;
    try (Connection connection =
        DriverManager.getConnection(
            "jdbc:haduck:" + file("ro.duckdb") + ";access_mode=READ_ONLY")) {
      run(connection, attach("a.duckdb", "a"));
      assertThat(number(connection, "SELECT count(*) FROM a.t")).isEqualTo(1);
      assertThat(Haduck.statuses(connection)).isEmpty();
    }
    assertThat(log.toFile().list()).hasSize((int) before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " AS a (READ_ONLY (false))",
        " AS a (READ_ONLY NOT true)",
        " AS a (ACCESS_MODE getvariable('x'))",
        " AS a READ_ONLY"
      })
  void attach_thatIsNotUnderstood_isRefusedWithoutShowingIt(String rest) throws Exception {
    try (Connection connection = memory()) {
      String sql =
          "ATTACH 'haduck:"
              + file("a.duckdb")
              + ";haduck.replica=file:"
              + file("replica")
              + ";haduck.s3.secret_key=hush'"
              + rest;
      assertThatThrownBy(() -> run(connection, sql))
          .isInstanceOf(SQLException.class)
          .satisfies(e -> assertThat(e.toString()).doesNotContain("hush"));
      assertThat(file("a.duckdb")).doesNotExist();
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
  void attachThatDuckDbRefuses_leavesNothing() throws Exception {
    try (Connection connection = memory()) {
      run(connection, "ATTACH ':memory:' AS taken");
      assertThatThrownBy(() -> run(connection, attach("a.duckdb", "taken")))
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> run(connection, attach("a.duckdb", "a (NO_SUCH_OPTION 1)")))
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> run(connection, attach("a.duckdb", "a") + "; SELEC"))
          .isInstanceOf(SQLException.class);
      assertThat(Haduck.statuses(connection)).isEmpty();
      assertThat(OfThisJvm.databases().all()).isEmpty();
      assertThatThrownBy(() -> run(connection, attach("a.duckdb", "a") + "; SELECT * FROM nowhere"))
          .isInstanceOf(SQLException.class);
      assertThat(Haduck.statuses(connection)).as("the first statement succeeded").hasSize(1);
    }
  }

  @Test
  void ifNotExists_andOrReplace_doWhatTheySay() throws Exception {
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "x", ";haduck.linger=0s"));
      run(connection, "CREATE TABLE x.a (i INTEGER)");
      String text = "'" + target("a.duckdb", ";haduck.linger=0s") + "'";
      run(connection, "ATTACH IF NOT EXISTS " + text + " AS x");
      run(connection, "ATTACH IF NOT EXISTS '" + target("b.duckdb") + "' AS x");
      assertThat(Haduck.statuses(connection))
          .extracting(DatabaseStatus::database)
          .containsExactly(file("a.duckdb"));
      run(connection, "ATTACH OR REPLACE '" + target("c.duckdb") + "' AS x");
      assertThat(Haduck.statuses(connection))
          .extracting(DatabaseStatus::database)
          .containsExactly(file("c.duckdb"));
      detachIsFree(file("a.duckdb"));
    }
  }

  @Test
  void preparedStatementsBatchesAndSeveralStatements_areSeen() throws Exception {
    try (Connection connection = memory();
        Statement statement = connection.createStatement()) {
      try (PreparedStatement prepared = connection.prepareStatement(attach("p.duckdb", "p"))) {
        assertThat(OfThisJvm.databases().all()).as("not before it is executed").isEmpty();
        prepared.execute();
        run(connection, "DETACH p");
        prepared.execute();
      }
      try (PreparedStatement prepared =
          connection.prepareStatement(attach("q.duckdb", "q") + "; SELECT 42")) {
        assertThat(Haduck.statuses(connection)).as("while preparing").hasSize(2);
        prepared.execute();
      }
      statement.addBatch("/* one */ " + attach("b1.duckdb", "b1") + " -- done");
      statement.addBatch(attach("b2.duckdb", "b2"));
      statement.addBatch("CREATE TABLE b2.t AS SELECT 'haduck:x; ATTACH' AS s");
      statement.executeBatch();
      run(
          connection,
          "LOAD haduck; attach database $$"
              + target("d.duckdb")
              + "$$ as d; ; CREATE TABLE d.t AS SELECT 1 AS i; "
              + attach("e.duckdb", "e")
              + ";");
      assertThat(Haduck.statuses(connection))
          .extracting(status -> status.database().getFileName().toString())
          .containsExactlyInAnyOrder(
              "p.duckdb", "q.duckdb", "b1.duckdb", "b2.duckdb", "d.duckdb", "e.duckdb");
      Haduck.sync(connection);
      assertThat(text(connection, "SELECT s FROM b2.t")).isEqualTo("haduck:x; ATTACH");
    }
  }

  @Test
  void loadAndInstallHaduck_doNothing_successfully() throws Exception {
    try (Connection connection = memory();
        Statement statement = connection.createStatement()) {
      for (String sql :
          List.of(
              "LOAD haduck",
              "load 'haduck';",
              "INSTALL haduck",
              "FORCE INSTALL \"haduck\" FROM community",
              "INSTALL haduck; LOAD haduck; SELECT 1")) {
        statement.execute(sql);
        connection.prepareStatement(sql).close();
      }
      assertThat(statement.execute("LOAD haduck")).isFalse();
      statement.execute("SET lock_configuration = true");
      statement.execute("LOAD haduck");
      assertThatThrownBy(() -> statement.execute("LOAD haduck_other"))
          .isInstanceOf(SQLException.class);
    }
  }

  @Test
  void readOnly_passesToTheLocalPath_withoutReplication() throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file("a.duckdb"))) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
    }
    for (String option : List.of("(READ_ONLY)", "(READ_ONLY true)", "(TYPE duckdb, READONLY 1)")) {
      try (Connection connection = memory()) {
        run(connection, attach("a.duckdb", "a " + option));
        assertThat(number(connection, "SELECT i FROM a.t")).isEqualTo(1);
        assertThat(Haduck.statuses(connection)).isEmpty();
        assertThatThrownBy(() -> run(connection, "INSERT INTO a.t VALUES (2)"))
            .isInstanceOf(SQLException.class);
      }
    }
    assertThat(directory).isDirectoryNotContaining("glob:**haduck*");
    assertThat(file("replica")).doesNotExist();
    try (Connection connection = memory()) {
      run(connection, attach("a.duckdb", "a (READ_ONLY false)"));
      assertThat(Haduck.statuses(connection)).hasSize(1);
    }
  }

  @Test
  void paths_areResolved_andKeepTheNameThatWasWritten() throws Exception {
    Files.createDirectory(file("it's a dir"));
    Files.createSymbolicLink(file("link.duckdb"), file("it's a dir").resolve("real.duckdb"));
    try (Connection connection = memory()) {
      String named = replica() + ";haduck.name=real.duckdb";
      run(connection, "ATTACH 'haduck:" + file("link.duckdb") + named + "'");
      run(connection, "CREATE TABLE link.t (i INTEGER)");
      assertThat(Haduck.statuses(connection).get(0).database())
          .isEqualTo(file("it's a dir").resolve("real.duckdb"));
      String twice =
          "ATTACH 'haduck:"
              + (file("it's a dir") + "/../it's a dir/real.duckdb").replace("'", "''")
              + named
              + "' AS twice";
      assertThatThrownBy(() -> run(connection, twice)).hasMessageContaining("already attached");
    }
  }

  @Test
  void fileThatIsOpenElsewhereInThisJvm_isRefused() throws Exception {
    try (Connection connection = onMain();
        Connection other = memory()) {
      run(connection, "CREATE TABLE t (i INTEGER)");
      assertThatThrownBy(() -> run(other, attach("main.duckdb", "m")))
          .isInstanceOf(SQLException.class)
          .hasMessageContainingAll("main.duckdb", "open in this JVM already")
          .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("RP002"));
      run(other, attach("a.duckdb", "a"));
      assertThatThrownBy(() -> run(connection, attach("a.duckdb", "a")))
          .hasMessageContaining("open in this JVM already");
      assertThatThrownBy(
              () -> DriverManager.getConnection("jdbc:haduck:" + file("a.duckdb") + replica()))
          .hasMessageContaining("open in this JVM already");
      assertThatThrownBy(() -> run(other, attach("a.duckdb", "a", ";haduck.durability=async")))
          .hasMessageContainingAll("a.duckdb", "other values of haduck.durability");
      assertThatThrownBy(() -> run(other, attach("a.duckdb", "again")))
          .hasMessageContaining("already attached");
      assertThatThrownBy(() -> run(other, attach("b.duckdb", "b", ";haduck.name=a.duckdb")))
          .hasMessageContainingAll("a.duckdb is replicated to", "b.duckdb");
      assertThat(Haduck.statuses(other)).hasSize(1);
      run(other, "CREATE TABLE a.t (i INTEGER)");
      Haduck.sync(other);
    }
  }

  @Test
  void badTargets_areRefused_withoutShowingSecrets() throws Exception {
    try (Connection connection = memory()) {
      assertRefused(connection, "ATTACH 'haduck://host/a.duckdb'", "names a host");
      assertRefused(connection, "ATTACH 'haduck::memory:'", "local file");
      assertRefused(connection, "ATTACH 'haduck:s3://b/a.duckdb'", "local file");
      assertRefused(connection, "ATTACH 'haduck:/a.duckdb;threads=1'", "'threads'", "parentheses");
      assertRefused(
          connection,
          "ATTACH 'haduck:/no/such/dir/a.duckdb' AS a",
          "/no/such/dir",
          "create it first");
      assertRefused(
          connection,
          attach("a.duckdb", "a", ";haduck.s3.secret_kee=hush"),
          "haduck.s3.secret_key");
      assertRefused(connection, attach("a.duckdb", "a (TYPE sqlite)"), "another type");
      assertRefused(connection, attach("a.duckdb", "a (ENCRYPTION_KEY 'hush')"), "encrypted");
      assertRefused(
          connection, "ATTACH 'haduck:/tmp/a.duckdb;haduck.replica=hush:' AS a", "haduck.replica");
    }
    assertThat(directory).isEmptyDirectory();
  }

  private static void assertRefused(Connection connection, String sql, String... message) {
    assertThatThrownBy(() -> run(connection, sql))
        .hasMessageContainingAll(message)
        .hasCauseInstanceOf(InvalidConfigurationException.class)
        .satisfies(
            e -> {
              assertThat(((SQLException) e).getSQLState()).isEqualTo("RP002");
              if (!sql.contains("replica=hush")) {
                assertThat(e.toString()).doesNotContain("hush");
              }
            });
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
        log.append(ChangesetCodec.encode(epoch, List.of()));
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
