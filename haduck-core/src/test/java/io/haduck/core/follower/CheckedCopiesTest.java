package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.LocalFileException;
import io.haduck.core.UnopenedException;
import io.haduck.testing.internal.OtherProcess;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is not whole is not shown, and what readers hold is not written to. */
@Tag("compat")
class CheckedCopiesTest extends FollowedReplica {
  @Test
  void copies_heldByReaders_becomeFourAndThenNoMore() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options(), shown)) {
      Connection[] readers = new Connection[4];
      for (int i = 0; i < readers.length; i++) {
        readers[i] = shown.connect();
        readers[i].setAutoCommit(false);
        try (Statement statement = readers[i].createStatement()) {
          statement.executeQuery("SELECT * FROM t").next();
        }
        write("INSERT INTO t VALUES (" + i + ")");
        if (i < 3) {
          awaitHead(follower, head());
        }
      }
      await()
          .atMost(MINUTE)
          .until(() -> follower.status().state() == FollowerStatus.State.HELD_BACK);
      assertThat(follower.status().copies()).isEqualTo(4);
      assertThat(follower.status().copiesHeld()).isEqualTo(3);
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(4);
      readers[1].rollback();
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(5);
      for (Connection reader : readers) {
        reader.close();
      }
    }
  }

  @Test
  void writeAheadLog_thatIsCutOrMissing_isNoticedBeforeItIsShown() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a", "CHECKPOINT", "INSERT INTO t VALUES (2)");
    for (String damage : new String[] {"cut", "missing", "empty", "changed", "header"}) {
      try (var shown = new ShownDatabase()) {
        shown.before(() -> {});
        FollowerOptions damaging =
            options()
                .withSteps(
                    step -> {
                      if (step.equals("note that the copy is whole")) {
                        damage(damage);
                      }
                    });
        assertThatThrownBy(() -> Follower.open(damaging, shown).close())
            .as(damage)
            .isInstanceOf(LocalFileException.class)
            .hasMessageContaining("not what was written to it");
        assertThat(shown.shown()).as(damage).isEmpty();
        try (Follower follower = Follower.open(options(), shown)) {
          assertThat(shown.number("SELECT count(*) FROM t")).as(damage).isEqualTo(2);
          assertThat(follower.status().problem()).isNull();
        }
      }
    }
  }

  private void damage(String how) throws java.io.IOException {
    for (int number = 1; number <= 2; number++) {
      Path copy = own.resolveSibling("my.duckdb.haduck-follower/" + number + "/my.duckdb");
      Path wal = copy.resolveSibling("my.duckdb.wal");
      if (!Files.exists(wal) || Files.size(wal) == 0) {
        continue;
      }
      byte[] bytes = Files.readAllBytes(wal);
      switch (how) {
        case "cut" -> Files.write(wal, java.util.Arrays.copyOf(bytes, bytes.length - 9));
        case "missing" -> Files.delete(wal);
        case "empty" -> Files.write(wal, new byte[0]);
        case "changed" -> {
          bytes[bytes.length / 2] ^= 4;
          Files.write(wal, bytes);
        }
        default -> {
          try (FileChannel file = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            file.write(java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3}), 4096 + 100);
          }
        }
      }
    }
  }

  @Test
  void writeAheadLog_thatDuckDbDoesNotReplay_isLeftOutUntilTheNextCheckpoint() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a", "CHECKPOINT", "INSERT INTO t VALUES (2)");
    try (var shown = new ShownDatabase()) {
      shown.before(
          () -> {
            if (Stream.of(1, 2)
                .anyMatch(
                    number ->
                        Files.exists(
                            own.resolveSibling(
                                "my.duckdb.haduck-follower/" + number + "/my.duckdb.wal")))) {
              throw new UnopenedException("not replayed", true, null);
            }
          });
      try (Follower follower = Follower.open(options(), shown)) {
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(1);
        assertThat(follower.status().shown().walOffset()).isZero();
        assertThat(follower.await(token(), Duration.ofMillis(1))).isEqualTo(AwaitOutcome.TIMED_OUT);
        write("CHECKPOINT");
        awaitHead(follower, head());
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(2);
      }
    }
  }

  @Test
  void copyThatIsGivenAway_opensForWritingAndIsNeverWrittenToAgain() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a", "CREATE INDEX i ON t(a)");
    FollowerCopy given;
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options(), shown)) {
      given = follower.giveAway().orElseThrow();
      write("INSERT INTO t VALUES (2)");
      awaitHead(follower, head());
      write("INSERT INTO t VALUES (3)");
      awaitHead(follower, head());
    }
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + given.database());
        Statement statement = plain.createStatement()) {
      statement.execute("INSERT INTO t VALUES (100), (200)");
    }
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options(), shown)) {
      write("INSERT INTO t VALUES (4)");
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(4);
    }
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + given.database())) {
      assertThat(ReplicatedDatabase.contentsOf(plain)).contains("t=3 rows");
    }
  }

  @Test
  void copyThatAnotherProcessHasOpen_isNotWrittenTo_andComparedAfterwards() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options(), shown)) {
      await().atMost(MINUTE).until(() -> follower.status().copies() == 2);
      Path idle = own.resolveSibling("my.duckdb.haduck-follower/2/my.duckdb");
      try (OtherProcess other = OtherProcess.opening(idle)) {
        assertThat(other.hasOpened()).isTrue();
        write("INSERT INTO t VALUES (2)");
        awaitHead(follower, head());
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(2);
        assertThat(shown.shown().get(1).database()).isNotEqualTo(idle);
      }
      for (int i = 3; i < 8; i++) {
        write("INSERT INTO t VALUES (" + i + ")");
        awaitHead(follower, head());
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(i);
        assertThat(shown.number("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'other'"))
            .isZero();
      }
      Path now = shown.shown().get(shown.shown().size() - 1).database();
      assertThat(OtherProcess.canOpen(now)).as("DuckDB's lock was kept").isFalse();
    }
  }

  @Test
  void indexesThatComeAndGo_areLeftOut_andRowsAreRightOrTheCheckpointIsShown() throws Exception {
    String[][] lives = {
      {"CREATE UNIQUE INDEX u ON t(a)", "CHECKPOINT", "DROP INDEX u", "INSERT INTO t VALUES (1)"},
      {"CREATE INDEX i ON t(a)", "INSERT INTO t VALUES (5)", "DROP INDEX i"},
      {"CREATE INDEX i ON t(a)", "CHECKPOINT", "DROP INDEX i", "ALTER TABLE t DROP COLUMN b"},
      {"ALTER TABLE t ADD PRIMARY KEY (a)", "INSERT INTO t VALUES (6, 7)"},
      {"CREATE INDEX i ON t(a)", "CREATE OR REPLACE TABLE t AS SELECT 9 AS a"},
      {"CREATE INDEX i ON t(a)", "CHECKPOINT", "INSERT INTO t(a) SELECT range FROM range(5000)"},
      {
        "CREATE INDEX i ON t(a)",
        "CHECKPOINT",
        "INSERT INTO t(a) SELECT range FROM range(9000)" + " WHERE range <> 5",
        "UPDATE t SET a = 5 WHERE a = 2000",
        "DELETE FROM t WHERE a = 1"
      },
    };
    int number = 0;
    write("CREATE TABLE first AS SELECT 1 AS a");
    for (String[] life : lives) {
      number++;
      write("DROP TABLE IF EXISTS t", "CREATE TABLE t(a INTEGER, b INTEGER)", "CHECKPOINT");
      write("INSERT INTO t(a) VALUES (1), (2)", "CHECKPOINT");
      Set<Long> states = new TreeSet<>();
      states.add(rows());
      for (String sql : life) {
        String columns = sql.contains("(1)") || sql.contains("(5)") ? "t(a)" : "t";
        write(sql.replace("INTO t", "INTO " + columns));
        states.add(rows());
      }
      own = directory.resolve("own/" + number + ".duckdb");
      try (var shown = new ShownDatabase(WalReplay.WITHOUT_INDEXES);
          Follower follower = Follower.open(options(), shown)) {
        long found = shown.number("SELECT count(*) FROM t");
        assertThat(found).as(String.join("; ", life)).isIn(states);
        if (follower.status().shown().seq() == head()) {
          assertThat(found).isEqualTo(rows());
          for (int key : new int[] {1, 5, 2_000}) {
            String byKey = "SELECT count(*) FROM t WHERE a = " + key;
            assertThat(shown.number(byKey)).as(byKey).isEqualTo(count(byKey));
          }
        }
        write("CHECKPOINT");
        awaitHead(follower, head());
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(rows());
      }
    }
  }

  private long rows() throws Exception {
    return count("SELECT count(*) FROM t");
  }

  private long count(String sql) throws Exception {
    try (Statement statement = database.connection().createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }
}
