package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writer that is about to close what another one has taken over meanwhile. */
class OvertakenTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

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

  private void closeAsHaduckDoes() throws Exception {
    if (database.replicator().isOvertaken(LIMIT)) {
      database.execute("PRAGMA disable_checkpoint_on_shutdown");
    }
    database.closeDuckDb();
    database.replicator().databaseClosed();
    database.abandon();
  }

  @Test
  void close_withAllOnTheReplica_isFastForwarded() throws Exception {
    String theirs = anotherWriterAdds();
    closeAsHaduckDoes();
    assertThat(database.replicator().fenced()).hasMessageContaining("EPOCH of epoch 2 by writer");
    database.open();
    assertThat(database.contents()).isEqualTo(theirs);
  }

  @Test
  void close_withACommitThatIsNotOnTheReplica_hasDiverged() throws Exception {
    anotherWriterAdds();
    database.executeUntold("INSERT INTO t VALUES (-3)");
    closeAsHaduckDoes();
    assertThatThrownBy(() -> database.open()).isInstanceOf(DivergedException.class);
  }

  @Test
  void close_afterACheckpointOfItsOwn_hasDiverged() throws Exception {
    anotherWriterAdds();
    database.executeUntold("CHECKPOINT");
    closeAsHaduckDoes();
    assertThatThrownBy(() -> database.open()).isInstanceOf(DivergedException.class);
  }

  @Test
  void isOvertaken_whileNobodyElseWrites_isFalse() throws Exception {
    for (int i = 0; i < 10; i++) {
      database.execute("INSERT INTO t VALUES (" + i + ")"); // its own append may be under way
      assertThat(database.replicator().isOvertaken(LIMIT)).isFalse();
    }
    assertThat(database.replicator().fenced()).isNull();
  }

  @Test
  void isOvertaken_withTheStoreGone_isNotKnown() throws Exception {
    Files.move(database.replica(), directory.resolve("gone"));
    assertThat(database.replicator().isOvertaken(LIMIT)).isFalse();
    Files.move(directory.resolve("gone"), database.replica());
  }
}
