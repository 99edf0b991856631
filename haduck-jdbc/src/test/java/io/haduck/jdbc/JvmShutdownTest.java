package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  /** Runs statements, and ends with the connection open. */
  static final class Child {
    private Child() {}

    /** Takes a URL and the statements. */
    public static void main(String[] arguments) throws SQLException {
      Connection connection = DriverManager.getConnection(arguments[0]);
      for (int i = 1; i < arguments.length; i++) {
        run(connection, arguments[i]);
      }
      System.exit(7);
    }
  }

  /** Lets another JVM run statements and end, and loses what it has left here. */
  private void runElsewhere(String url, String... statements) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                url));
    command.addAll(List.of(statements));
    Path output = directory.resolve("child.log");
    Process child =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(Files.readString(output)).isEqualTo(7);
    Files.delete(directory.resolve("a.duckdb"));
    Files.deleteIfExists(directory.resolve("a.duckdb.wal"));
  }

  @Test
  void whatWasCheckpointed_reachesTheReplica() throws Exception {
    String url =
        "jdbc:haduck:"
            + directory.resolve("a.duckdb")
            + ";haduck.durability=async;haduck.replica=file:"
            + directory.resolve("replica");
    runElsewhere(url, "CREATE TABLE t AS SELECT range AS a FROM range(1_000_000)", "CHECKPOINT");
    try (Connection connection = DriverManager.getConnection(url)) {
      assertThat(count(connection, "t")).isEqualTo(1_000_000);
    }
  }

  @Test
  void whatWasCommittedToAnAttachedDatabase_reachesTheReplica() throws Exception {
    String attach =
        "ATTACH 'haduck:"
            + directory.resolve("a.duckdb")
            + ";haduck.durability=async;haduck.sync_interval=1h;haduck.replica=file:"
            + directory.resolve("replica")
            + "' AS a";
    runElsewhere(
        "jdbc:haduck:",
        attach,
        "CREATE TABLE a.t AS SELECT range AS a FROM range(1000)",
        "INSERT INTO a.t VALUES (-1)"); // which stays in the WAL
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:")) {
      run(connection, attach);
      assertThat(count(connection, "a.t")).isEqualTo(1001);
    }
  }

  // --- what the end of the JVM waits for, and what it does not wait for

  private ExitedProgram exit(ExitCase exitCase, String... options) throws Exception {
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
        exit(
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
        exit(
            exitCase,
            ";haduck.durability=async;haduck.sync_interval=1h;haduck.linger=0s;haduck.shutdown_timeout=100s");
    assertEndedAtOnce(exited);
    exited.assertNothingLost(directory, exitCase.name());
    assertThat(exited.acknowledged()).as(exited.text()).isNotEmpty();
  }

  @Test
  void daemonThatCommits_isEndedInTheMiddle_butWhatItWasTold_isOnTheReplica() throws Exception {
    ExitedProgram exited =
        exit(ExitCase.DAEMON_THAT_COMMITS, ";haduck.durability=commit;haduck.shutdown_timeout=3s");
    assertThat(exited.onReplica(directory)).as(exited.text()).containsAll(exited.acknowledged());
  }

  @Test
  void storeIsAway_endsInTime_andSaysWhatIsUnsent() throws Exception {
    ExitedProgram exited =
        exit(
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
        exit(
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
