package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.DivergedException;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writer that closes what another one has taken over meanwhile. */
@Tag("compat")
class OvertakenTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;

  @BeforeEach
  void open() throws Exception {
    database = ReplicatedDatabase.in(directory);
    database.open();
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.checkpoint();
    database.execute("INSERT INTO t VALUES (-1)");
    database.awaitPosition();
  }

  @AfterEach
  void close() throws Exception {
    if (!database.isClosed()) {
      database.closeDuckDb();
    }
    database.abandon();
  }

  private String anotherWriterAdds() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, database.replica())) {
      other.execute("INSERT INTO t VALUES (-2)");
      other.awaitPosition();
      return other.contents();
    }
  }

  /** As haduck closes it; of one that is not told, it does not know that nobody else writes. */
  private void close(boolean alone) throws Exception {
    database.replicator().databaseClosing(alone);
    database.closeDuckDb();
    database.replicator().databaseClosed();
    await().until(() -> database.replicator().fenced() != null);
    database.abandon();
  }

  @Test
  void close_withAllOnTheReplica_isFastForwarded() throws Exception {
    String theirs = anotherWriterAdds();
    close(true);
    assertThat(database.replicator().fenced()).hasMessageContaining("EPOCH of epoch 2 by writer");
    assertThat(database.file().resolveSibling("my.duckdb.wal"))
        .doesNotExist(); // it was checkpointed
    database.open();
    assertThat(database.contents()).isEqualTo(theirs);
    try (Stream<Path> files = Files.list(database.file().resolveSibling("."))) {
      assertThat(files).anyMatch(file -> file.toString().contains(".replaced-"));
    }
  }

  @Test
  void close_thenACommitByPlainDuckDb_hasDiverged() throws Exception {
    anotherWriterAdds();
    close(true);
    try (Connection plain =
            DriverManager.getConnection(
                "jdbc:duckdb:" + database.file().resolveSibling("my.duckdb"));
        Statement statement = plain.createStatement()) {
      statement.execute("INSERT INTO t VALUES (-3)");
    }
    assertThatThrownBy(() -> database.open()).isInstanceOf(DivergedException.class);
  }

  @Test
  void close_thenACopyOfTheFileInItsPlace_hasDiverged() throws Exception {
    anotherWriterAdds();
    close(true);
    Path file = database.file().resolveSibling("my.duckdb");
    Path copy = directory.resolve("copy");
    Files.copy(file, copy);
    Files.move(copy, file, StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> database.open()).isInstanceOf(DivergedException.class);
  }

  @Test
  void close_besideOthersWhoMayWrite_hasDiverged() throws Exception {
    anotherWriterAdds();
    close(false);
    assertThatThrownBy(() -> database.open()).isInstanceOf(DivergedException.class);
  }

  /** DuckDB commits what is large by a checkpoint alone: the WAL tells of it by a mark only. */
  @Test
  void close_beforeAPlainConnectionCommitsALot_hasDiverged() throws Exception {
    Connection plain = DriverManager.getConnection("jdbc:duckdb:" + database.file());
    try (Statement statement = plain.createStatement()) {
      statement.execute("SET checkpoint_threshold = '1KB'");
    }
    anotherWriterAdds();
    database.replicator().databaseClosing(true);
    database.closeDuckDb();
    database.replicator().databaseClosed();
    try (Statement statement = plain.createStatement()) {
      statement.execute("UPDATE t SET a = -a");
      statement.execute("INSERT INTO t SELECT range FROM range(500000)");
    }
    plain.close();
    await().until(() -> database.replicator().fenced() != null);
    database.abandon();
    assertThatThrownBy(() -> database.open()).isInstanceOf(DivergedException.class);
  }

  @Test
  void close_withACommitThatIsNotOnTheReplica_hasDiverged() throws Exception {
    anotherWriterAdds();
    database.executeUntold("INSERT INTO t VALUES (-3)");
    close(true);
    assertThatThrownBy(() -> database.open()).isInstanceOf(DivergedException.class);
  }

  @Test
  void close_afterACheckpointOfItsOwn_hasDiverged() throws Exception {
    anotherWriterAdds();
    database.executeUntold("CHECKPOINT");
    close(true);
    assertThatThrownBy(() -> database.open()).isInstanceOf(DivergedException.class);
  }

  @Test
  void close_whileTheStoreIsGone_andSomebodyTakesOver_isFastForwarded() throws Exception {
    Path gone = directory.resolve("gone");
    Files.move(database.replica(), gone);
    database.replicator().databaseClosing(true);
    database.closeDuckDb();
    database.replicator().databaseClosed();
    database.abandon();
    Files.move(gone, database.replica());
    String theirs = anotherWriterAdds();
    database.open();
    assertThat(database.contents()).isEqualTo(theirs);
  }

  /** Then there is nothing to bring up to date: its checkpoint continues the log. */
  @Test
  void close_whileTheStoreIsGone_andNobodyTakesOver_goesOn() throws Exception {
    String ours = database.contents();
    Path gone = directory.resolve("gone");
    Files.move(database.replica(), gone);
    database.replicator().databaseClosing(true);
    database.closeDuckDb();
    database.replicator().databaseClosed();
    database.abandon();
    Files.move(gone, database.replica());
    database.open();
    database.awaitPosition();
    assertThat(database.contents()).isEqualTo(ours);
    database.execute("INSERT INTO t VALUES (-4)");
    database.awaitPosition();
  }
}
