package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.number;
import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How {@code ATTACH 'haduck:…'} and {@code LOAD haduck} are understood, and what is refused. */
@Tag("compat")
final class AttachTest extends Attaching {
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
}
