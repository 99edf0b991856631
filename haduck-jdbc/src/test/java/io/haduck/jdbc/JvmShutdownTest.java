package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that ends with its connections open. */
final class JvmShutdownTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  /** Writes, checkpoints without waiting, and ends. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws SQLException {
      Connection connection = DriverManager.getConnection(arguments[0]);
      Statement statement = connection.createStatement();
      statement.execute("CREATE TABLE t AS SELECT range AS a FROM range(1_000_000)");
      statement.execute("CHECKPOINT");
      System.exit(7);
    }
  }

  @Test
  void whatWasCheckpointed_reachesTheReplica() throws Exception {
    Path database = directory.resolve("a.duckdb");
    String url =
        "jdbc:haduck:"
            + database
            + ";haduck.durability=async;haduck.replica=file:"
            + directory.resolve("replica");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                url)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("child.log").toFile())
            .start();
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(Files.readString(directory.resolve("child.log"))).isEqualTo(7);
    Files.delete(database);
    Files.deleteIfExists(directory.resolve("a.duckdb.wal"));
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet resultSet = statement.executeQuery("SELECT count(*) FROM t")) {
      resultSet.next();
      assertThat(resultSet.getLong(1)).isEqualTo(1_000_000);
    }
  }

  /** Attaches to a database in memory, writes, and ends with a commit in the WAL. */
  static final class AttachingChild {
    private AttachingChild() {}

    public static void main(String[] arguments) throws SQLException {
      Connection connection = DriverManager.getConnection("jdbc:haduck:");
      Statement statement = connection.createStatement();
      statement.execute(arguments[0]);
      statement.execute("CREATE TABLE a.t AS SELECT range AS a FROM range(1000)");
      statement.execute("INSERT INTO a.t VALUES (-1)");
      System.exit(7);
    }
  }

  @Test
  void whatWasCommittedToAnAttachedDatabase_reachesTheReplica() throws Exception {
    Path database = directory.resolve("a.duckdb");
    String attach =
        "ATTACH 'haduck:"
            + database
            + ";haduck.durability=async;haduck.sync_interval=1h;haduck.replica=file:"
            + directory.resolve("replica")
            + "' AS a";
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                AttachingChild.class.getName(),
                attach)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("child.log").toFile())
            .start();
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(Files.readString(directory.resolve("child.log"))).isEqualTo(7);
    Files.delete(database);
    Files.deleteIfExists(directory.resolve("a.duckdb.wal"));
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:");
        Statement statement = connection.createStatement()) {
      statement.execute(attach);
      try (ResultSet resultSet = statement.executeQuery("SELECT count(*) FROM a.t")) {
        resultSet.next();
        assertThat(resultSet.getLong(1)).isEqualTo(1001);
      }
    }
  }
}
