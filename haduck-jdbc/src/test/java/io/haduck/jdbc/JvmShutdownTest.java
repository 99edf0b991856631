package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A JVM that ends with its connections open. */
@Tag("compat")
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

  // --- what the end of the JVM waits for, and what it does not wait for

  private ExitedProgram run(ExitCase exitCase, String... options) throws Exception {
    String url =
        "jdbc:haduck:"
            + directory.resolve("a.duckdb")
            + ";haduck.replica=file:"
            + directory.resolve("replica")
            + String.join("", options);
    String signal = exitCase == ExitCase.SIGTERM_WHILE_MAIN_WAITS ? "TERM" : null;
    return ExitedProgram.run(url, signal, ExitCase.class, exitCase.name());
  }

  /** Far from the time that it may take at most: it did not wait for anything. */
  private static void assertEndedAtOnce(ExitedProgram exited) {
    assertThat(exited.ending()).as(exited.text()).isLessThan(Duration.ofSeconds(80));
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "END_OF_MAIN_WITH_UNUSED_CONNECTION",
        "END_OF_MAIN_WITH_OPEN_TRANSACTION",
        "EXIT_WITH_OPEN_TRANSACTION",
        "EXIT_WITH_IDLE_POOLS",
        "SIGTERM_WHILE_MAIN_WAITS",
        "EXIT_OF_TWO_CLASS_LOADERS"
      })
  void nobodyIsLeftWhoCouldCommit_endsAtOnce(ExitCase exitCase) throws Exception {
    ExitedProgram exited =
        run(
            exitCase,
            ";haduck.durability=async;haduck.sync_interval=1h;haduck.shutdown_timeout=100s");
    assertEndedAtOnce(exited);
    exited.assertNothingLost(directory, exitCase.name());
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "HOOK_THAT_WAITS_FOR_A_DAEMON",
        "HOOKS_THAT_ARE_DAEMONS",
        "STATEMENT_OF_A_DAEMON",
        "CHECKPOINT_AND_CLOSE_IN_A_HOOK",
        "CONNECT_FIRST_IN_A_HOOK",
        "CONNECT_FIRST_IN_A_HOOK_AND_LEAVE_IT_OPEN"
      })
  void whatIsCommittedDuringTheEnd_reachesTheReplica(ExitCase exitCase) throws Exception {
    ExitedProgram exited =
        run(
            exitCase,
            ";haduck.durability=async;haduck.sync_interval=1h;haduck.linger=0s;haduck.shutdown_timeout=100s");
    assertEndedAtOnce(exited);
    exited.assertNothingLost(directory, exitCase.name());
    assertThat(exited.acknowledged()).as(exited.text()).isNotEmpty();
  }

  @Test
  void daemonThatCommits_isEndedInTheMiddle_butWhatItWasTold_isOnTheReplica() throws Exception {
    ExitedProgram exited =
        run(ExitCase.DAEMON_THAT_COMMITS, ";haduck.durability=commit;haduck.shutdown_timeout=3s");
    assertThat(exited.onReplica(directory)).as(exited.text()).containsAll(exited.acknowledged());
  }

  @Test
  void storeIsAway_endsInTime_andSaysWhatIsUnsent() throws Exception {
    ExitedProgram exited =
        run(
            ExitCase.STORE_IS_AWAY,
            ";haduck.sync_timeout=1s;haduck.shutdown_timeout=2s;haduck.durability=async");
    assertThat(exited.ending()).as(exited.text()).isLessThan(Duration.ofSeconds(30));
    assertThat(exited.lines())
        .as(exited.text())
        .anyMatch(
            line ->
                line.contains("WARN")
                    && line.contains("the JVM ends with changes of")
                    && line.contains(directory.resolve("a.duckdb").toString())
                    && line.matches(".* [1-9][0-9]* bytes of its WAL are not on the replica.*")
                    && line.contains(directory.resolve("replica").toString()))
        .anyMatch(line -> line.startsWith("haduck: the JVM ends with changes of"));
  }

  @Test
  void callInAHook_waitsForTheStore_asLongAsTheEndMayTake() throws Exception {
    ExitedProgram exited =
        run(
            ExitCase.HOOK_WAITS_FOR_A_STORE_THAT_IS_AWAY,
            ";haduck.sync_timeout=10m;haduck.shutdown_timeout=2s;haduck.durability=commit");
    assertThat(exited.ending()).as(exited.text()).isLessThan(Duration.ofSeconds(80));
    assertThat(exited.lines())
        .as(exited.text())
        .anyMatch(
            line ->
                line.startsWith("PENDING RP001 ")
                    && line.contains("its replication was ended with the JVM"))
        .noneMatch(line -> line.contains("longer than"));
  }
}
