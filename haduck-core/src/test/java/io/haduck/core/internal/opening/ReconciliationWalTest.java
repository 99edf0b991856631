package io.haduck.core.internal.opening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.LocalRecord;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

/**
 * One test for each row of the tables in docs/internals/opening.md where the local WAL or the
 * checkpoint that it follows is another one than the head of the log has.
 */
@Tag("compat")
class ReconciliationWalTest extends OpenedAgain {
  @Test
  void open_withTheWalOfTheLog_readsNoBlocks() throws Exception {
    leaveAWal();
    assertThat(verdict()).isEqualTo(Verdict.UNCHANGED);
    database.open();
    assertThat(database.contents()).isEqualTo(before);
    goesOn();
  }

  @Test
  void open_withMoreInTheWal_sendsTheDifference() throws Exception {
    leaveAWal();
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (3)");
    assertThat(verdict()).isEqualTo(Verdict.UNCHANGED);
    database.open();
    database.awaitInSync();
    assertThat(database.restoredContents()).isEqualTo(database.contents()).isNotEqualTo(before);
  }

  @Test
  void open_withMoreInTheWalAndBlocksOfItsOwn_comparesTheOthersInTheBackground() throws Exception {
    leaveAWal();
    database.runPlain(NO_CHECKPOINT, "INSERT INTO bulk SELECT range FROM range(300000)");
    assertThat(verdict()).isEqualTo(Verdict.RECORDED);
    database.open();
    database.awaitInSync();
    assertThat(database.restoredContents()).isEqualTo(database.contents()).isNotEqualTo(before);
    await().until(() -> database.replicator().status().scrub().finished() != null);
    assertThat(database.replicator().status().scrub().differences()).isZero();
  }

  @Test
  void open_withATornCommitAtTheEnd_doesNotCountIt() throws Exception {
    leaveAWal();
    byte[] begun = Arrays.copyOfRange(firstCommits, firstCommits.length - 40, firstCommits.length);
    Files.write(wal(), Arrays.copyOf(begun, 25), StandardOpenOption.APPEND);
    assertThat(verdict()).isEqualTo(Verdict.UNCHANGED);
    database.open();
    assertThat(database.contents()).isEqualTo(before);
    goesOn();
  }

  /**
   * Fails before it writes the header, and leaves its mark in the WAL; the second one when it has
   * rewritten the metadata blocks already. Bulk inserts in the WAL lie behind the header's count.
   */
  @ParameterizedTest
  @ValueSource(strings = {"before_header", "after_free_list_write"})
  void open_afterACheckpointThatACrashEnded_goesOn(String moment) throws Exception {
    leaveAWal();
    assertThatThrownBy(
            () ->
                database.runPlain(
                    NO_CHECKPOINT, "SET debug_checkpoint_abort = '" + moment + "'", "CHECKPOINT"))
        .isInstanceOf(SQLException.class);
    assertThat(verdict()).isIn(Verdict.RECORDED, Verdict.PROVEN);
    database.open();
    assertThat(database.contents()).isEqualTo(before);
    goesOn();
  }

  @Test
  void open_withLessInTheWalThanWasSent_fastForwards() throws Exception {
    leaveAWal();
    Files.write(wal(), firstCommits);
    fastForwards();
  }

  @Test
  void open_withLessThanOnePieceInTheWal_fastForwards() throws Exception {
    database.open();
    database.execute(NO_CHECKPOINT);
    database.executeUnseen("INSERT INTO t VALUES (1)");
    firstCommits = Files.readAllBytes(wal());
    database.execute("INSERT INTO t VALUES (2)");
    database.awaitPosition();
    before = database.contents();
    database.stop();
    Files.write(wal(), firstCommits);
    fastForwards();
  }

  @Test
  void open_withTheWalGone_fastForwards() throws Exception {
    leaveAWal();
    Files.delete(wal());
    fastForwards();
  }

  private void fastForwards() throws Exception {
    assertThat(verdict()).isEqualTo(Verdict.FAST_FORWARD);
    database.open();
    assertThat(database.contents()).isEqualTo(before);
    goesOn();
  }

  @Test
  void open_withLessInTheWalAndABlockChanged_isAnError() throws Exception {
    leaveAWal();
    Files.write(wal(), firstCommits);
    DatabaseFile blocks = DatabaseFiles.open(database.file());
    DatabaseHeaders headers = blocks.readHeaders();
    FreeList freeList = FreeList.read(blocks, headers);
    int data = RoaringBitmap.andNot(freeList.inUse(), freeList.metadata()).first();
    try (var file = new RandomAccessFile(database.file().toFile(), "rw")) {
      file.seek(headers.blockPosition(data) + 5000);
      int was = file.read();
      file.seek(headers.blockPosition(data) + 5000);
      file.write(255 - was);
    }
    refuses(DivergedException.class, "block " + data);
  }

  @Test
  void open_withOtherCommitsInTheWal_saysWhereTheyPart() throws Exception {
    leaveAWal();
    Files.write(wal(), firstCommits);
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (4711)");
    byte[] local = Files.readAllBytes(wal());
    refuses(DivergedException.class, "they are the same for ");
    assertThat(wal()).hasBinaryContent(local);
  }

  @Test
  void open_withOtherCommitsOfEqualLength_saysWhereTheyPart() throws Exception {
    leaveAWal();
    Files.write(wal(), firstCommits);
    database.runPlain(
        NO_CHECKPOINT,
        "CREATE TABLE bulk AS SELECT range AS a FROM range(300000)",
        "INSERT INTO t VALUES (3)");
    refuses(DivergedException.class, "they are the same for ");
  }

  @Test
  void open_withTheCheckpointOfWhatWasInTheWal_sendsIt() throws Exception {
    leaveAWal();
    database.runPlain("CHECKPOINT");
    assertThat(verdict()).isEqualTo(Verdict.DESCENDANT);
    database.open();
    assertThat(database.contents()).isEqualTo(before);
    goesOn();
  }

  @Test
  void open_withTheIntentOfACommitLanded_readsNoBlocks() throws Exception {
    database.open();
    database.execute(NO_CHECKPOINT, "INSERT INTO t VALUES (1)");
    database.awaitPosition();
    LocalRecord earlier = record();
    database.execute("INSERT INTO t VALUES (2)");
    database.awaitPosition();
    before = database.contents();
    database.stop();
    // As if the process had been killed between the PUT of the commit and the record of it.
    earlier
        .withIntent(record().committed())
        .write(database.file("my.duckdb.haduck"), FileRights.BY_UMASK);
    assertThat(verdict()).isEqualTo(Verdict.UNCHANGED);
    database.open();
    assertThat(database.contents()).isEqualTo(before);
    goesOn();
  }

  /** A volume that was rolled back: the same inode, the content of before. */
  private void rollBack() throws Exception {
    byte[] older = Files.readAllBytes(database.file("my.duckdb"));
    database.open();
    database.execute("INSERT INTO t SELECT range FROM range(100000)");
    database.checkpoint();
    before = database.contents();
    database.stop();
    Files.write(database.file("my.duckdb"), older);
    Files.deleteIfExists(wal());
  }

  @Test
  void open_withAnOlderContentInTheSameFile_fastForwards() throws Exception {
    rollBack();
    fastForwards();
  }

  @Test
  void open_withAnOlderContentAndCommitsOfItsOwn_isAnError() throws Exception {
    rollBack();
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (5)");
    refuses(DivergedException.class, "rolled back");
  }
}
