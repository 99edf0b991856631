package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CommitKind;
import io.haduck.core.CommitReceipt;
import io.haduck.core.DatabasePosition;
import io.haduck.core.FencedException;
import io.haduck.core.LocalFileException;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("compat")
class ReplicatorTest {
  @TempDir Path directory;

  @Test
  void checkpoint_onAnEmptyReplica_writesABaseThatRestores() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute(
          "CREATE TABLE t AS SELECT range AS a, 'row ' || range AS b FROM range(100000)");
      CommitReceipt receipt = database.checkpoint();
      assertThat(receipt.blocks()).isPositive();
      assertThat(database.contents()).isEqualTo(database.restoredContents());
    }
  }

  @Test
  void checkpoint_afterASmallChange_sendsOnlyTheChange() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute(
          "CREATE TABLE t AS SELECT range AS a, md5(range::VARCHAR) AS b FROM range(1000000)");
      CommitReceipt base = database.checkpoint();
      database.execute("CREATE TABLE u AS SELECT 1 AS a");
      CommitReceipt change = database.checkpoint();
      assertThat(change.kind()).isEqualTo(CommitKind.CHECKPOINT);
      assertThat(change.blocks()).isLessThan(base.blocksInUse() / 4);
      assertThat(database.contents()).isEqualTo(database.restoredContents());
      assertThat(database.replicator().status().missedIterations()).isZero();
    }
  }

  @Test
  void open_afterACleanClose_readsNothingButMetadata() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute(
          "CREATE TABLE t AS SELECT range AS a, md5(range::VARCHAR) AS b FROM range(300000)");
      database.checkpoint();
      database.reopen();
      database.execute("INSERT INTO t VALUES (-1, 'x')");
      CommitReceipt receipt = database.checkpoint();
      assertThat(receipt.blocksRead()).isLessThan(receipt.blocksInUse());
      assertThat(database.contents()).isEqualTo(database.restoredContents());
    }
  }

  @Test
  void open_withTheFileGone_restoresIt() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      database.checkpoint();
      String before = database.contents();
      database.stop();
      database.deleteLocalFiles();
      database.open();
      assertThat(database.contents()).isEqualTo(before);
    }
  }

  @Test
  void open_afterACheckpointThatNobodySaw_sendsTheDifference() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      database.checkpoint();
      database.stop();
      database.runPlain(
          "INSERT INTO t SELECT range FROM range(5000)", "CHECKPOINT", "DELETE FROM t WHERE a = 7");
      database.open();
      database.awaitInSync();
      assertThat(database.contents()).isEqualTo(database.restoredContents());
    }
  }

  @Test
  void open_twice_isRefused() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      assertThatThrownBy(() -> Replicator.open(database.options()))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("haduck-lock");
    }
  }

  @Test
  void checkpoint_afterAnotherWriterTookOver_isFenced() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      database.checkpoint();
      try (var other = ReplicatedDatabase.open(elsewhere, directory.resolve("replica"))) {
        assertThat(other.contents()).isEqualTo(database.contents());
        database.execute("INSERT INTO t VALUES (1)");
        assertThatThrownBy(database::checkpoint).isInstanceOf(FencedException.class);
        other.execute("INSERT INTO t VALUES (2)");
        other.checkpoint();
        assertThat(other.contents()).isEqualTo(other.restoredContents());
      }
    }
  }

  @Test
  void status_afterCommits_countsThem() throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute("CREATE TABLE t(a INTEGER)");
      database.checkpoint();
      database.awaitInSync();
      ReplicatorStatus status = database.replicator().status();
      assertThat(status.state()).isEqualTo(ReplicatorStatus.State.IN_SYNC);
      assertThat(status.seq()).isPositive();
      assertThat(status.openedFor()).isGreaterThan(Duration.ZERO);
    }
  }

  /** Whoever waited for it may look only afterwards. */
  @Test
  void position_afterTheClose_isWhereTheDatabaseWasThen() throws Exception {
    Replicator replicator;
    DatabasePosition before;
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute("CREATE TABLE t AS SELECT 1 AS a");
      database.awaitInSync();
      replicator = database.replicator();
      before = replicator.position();
    }
    assertThat(replicator.position().covers(before)).isTrue();
    assertThat(replicator.mark().position()).isEqualTo(replicator.position());
  }
}
