package io.haduck.core.internal.opening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.CommitReceipt;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.replica.Replicator;
import io.haduck.core.replica.Restorer;
import io.haduck.core.replica.WholeFile;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.settings.RestorePolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

/**
 * One test for each row of the table in docs/internals/opening.md that is not an ordinary opening.
 */
@Tag("compat")
class ReconciliationTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;

  @BeforeEach
  void makeAReplicatedDatabase() throws Exception {
    database = ReplicatedDatabase.open(directory);
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.checkpoint();
    database.stop();
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  @Test
  void open_withNeitherFileNorReplica_makesANewDatabase() throws Exception {
    database.deleteLocalFiles();
    emptyReplica();
    database.open();
    assertThat(database.contents()).isEqualTo("{}");
  }

  @Test
  void open_withTheReplicaEmptied_saysThatHistoryIsLost() throws Exception {
    emptyReplica();
    refuses(DivergedException.class, "has lost history");
  }

  @Test
  void open_withTheReplicaEmptiedAndTheFileGone_saysThatHistoryIsLost() throws Exception {
    emptyReplica();
    Files.delete(database.file("my.duckdb"));
    refuses(DivergedException.class, "has lost history");
  }

  @Test
  void open_withTheReplicaRolledBack_saysThatHistoryIsLost() throws Exception {
    Path log = directory.resolve("replica").resolve("log");
    var changesets = new TreeMap<String, Path>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(log)) {
      files.forEach(file -> changesets.put(file.toString(), file));
    }
    Files.delete(changesets.lastEntry().getValue());
    refuses(DivergedException.class, "has lost history");
  }

  @Test
  void open_withAnotherLineageInTheReplica_saysSo() throws Exception {
    emptyReplica();
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, directory.resolve("replica"))) {
      other.execute("CREATE TABLE other(a INTEGER)");
      other.checkpoint();
    }
    refuses(DivergedException.class, "lineage");
  }

  @Test
  void open_withAWalButNoFile_leavesTheWalAlone() throws Exception {
    Files.delete(database.file("my.duckdb"));
    Files.writeString(database.file("my.duckdb.wal"), "perhaps commits");
    refuses(LocalFileException.class, "my.duckdb.wal");
    assertThat(database.file("my.duckdb.wal")).hasContent("perhaps commits");
  }

  @Test
  void open_withTheFileGoneAndRestoreNever_refuses() throws Exception {
    database.deleteLocalFiles();
    assertThatThrownBy(
            () ->
                Replicator.open(
                    database.options().withPolicy(OpeningPolicy.DEFAULT.with(RestorePolicy.NEVER))))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("restore=never");
  }

  @Test
  void open_withAnExistingFileAndAnEmptyReplica_adoptsIt() throws Exception {
    emptyReplica();
    Files.delete(database.file("my.duckdb.haduck"));
    database.open();
    database.awaitInSync();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  @Test
  void open_afterAnotherWriterAdded_fastForwards() throws Exception {
    String theirs = anotherWriterAdds();
    assertThat(verdict()).isEqualTo(Verdict.FAST_FORWARD);
    database.open();
    assertThat(database.contents()).isEqualTo(theirs);
    goesOn();
  }

  @Test
  void open_afterAnotherWriterAddedNothing_goesOnWithWhatIsLocal() throws Exception {
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (5)");
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, directory.resolve("replica"))) {
      other.awaitInSync();
    }
    assertThat(verdict()).isEqualTo(Verdict.PROVEN);
    goesOn();
  }

  @Test
  void open_afterAnotherWriterAdded_withCommitsOfItsOwn_isAnError() throws Exception {
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (5)");
    anotherWriterAdds();
    refuses(DivergedException.class, "another writer has added");
  }

  @Test
  void open_afterAnotherWriterAdded_withACheckpointOfItsOwn_isAnError() throws Exception {
    database.runPlain("INSERT INTO t VALUES (5)", "CHECKPOINT");
    anotherWriterAdds();
    refuses(DivergedException.class, "another writer has added");
  }

  @Test
  void open_behindTheHead_withRestoreNever_refuses() throws Exception {
    anotherWriterAdds();
    assertThatThrownBy(
            () ->
                Replicator.open(
                    database.options().withPolicy(OpeningPolicy.DEFAULT.with(RestorePolicy.NEVER))))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("restore=never");
  }

  private String anotherWriterAdds() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, directory.resolve("replica"))) {
      other.execute("INSERT INTO t VALUES (1)");
      other.checkpoint();
      other.execute("INSERT INTO t VALUES (2)");
      other.awaitPosition();
      return other.contents();
    }
  }

  // --- with commits in the WAL

  private static final String NO_CHECKPOINT = "PRAGMA disable_checkpoint_on_shutdown";

  /** Leaves commits in the WAL, all of which the log has, and one of which names blocks. */
  private void leaveAWal() throws Exception {
    database.open();
    database.execute(NO_CHECKPOINT, "INSERT INTO t VALUES (1)");
    database.awaitPosition();
    firstCommits = Files.readAllBytes(wal());
    database.execute("CREATE TABLE bulk AS SELECT range AS a FROM range(300000)");
    database.execute("INSERT INTO t VALUES (2)");
    database.awaitPosition();
    before = database.contents();
    database.stop();
    assertThat(Files.size(wal())).isGreaterThan(firstCommits.length);
  }

  private byte[] firstCommits = new byte[0];
  private String before = "";

  private Path wal() {
    return database.file("my.duckdb.wal");
  }

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

  /** The replica takes what is committed from here on, and a restore of it holds the same. */
  private void goesOn() throws Exception {
    if (database.isClosed()) {
      database.open();
    }
    database.execute("INSERT INTO t VALUES (100)");
    database.awaitPosition();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    database.checkpoint();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  private LocalRecord record() throws IOException {
    return LocalRecord.read(database.file("my.duckdb.haduck")).orElseThrow();
  }

  private Verdict verdict() throws IOException {
    try (ObjectStore store = new FileObjectStore(directory.resolve("replica"))) {
      var log = new ReplicationLog(store);
      return new Reconciliation(
              LocalFiles.of(database.file()),
              store,
              log,
              new RangeFetcher(
                  store,
                  () -> new Backoff(Duration.ofMillis(1), Duration.ofMillis(1), new Random())),
              OpeningPolicy.DEFAULT)
          .judge(
              LocalRecord.read(database.file("my.duckdb.haduck")),
              log.loadLatest(LoadProgress.NONE))
          .verdict();
    }
  }

  @Test
  void open_withADetachedFile_isAnError() throws Exception {
    database.open();
    database.execute("INSERT INTO t VALUES (1)");
    database.checkpoint();
    database.stop();
    database.deleteLocalFiles();
    try (ObjectStore store = new FileObjectStore(directory.resolve("replica"))) {
      RestoreResult result =
          Restorer.create()
              .restore(
                  RestoreRequest.latest(store, database.file("my.duckdb"))
                      .at(new RestoreTarget.AtSeq(1)));
      assertThat(result.seq()).isEqualTo(1);
      assertThat(result.headSeq()).isGreaterThan(1);
    }
    refuses(DivergedException.class, "earlier point");
  }

  @Test
  void open_withAFileRestoredToAnEarlierCommit_isAnError() throws Exception {
    leaveAWal();
    long head = record().committed().seq();
    database.deleteLocalFiles();
    RestoreResult result = restore(request().at(new RestoreTarget.AtSeq(head - 1)));
    assertThat(result.walBytes()).isPositive().isLessThan(headWal());
    refuses(DivergedException.class, "earlier point");
  }

  @Test
  void open_withTheHeadRestoredWithoutItsWal_isAnError() throws Exception {
    leaveAWal();
    database.deleteLocalFiles();
    RestoreResult result = restore(request().toLastCheckpoint());
    assertThat(result.lost().orElseThrow().bytes()).isEqualTo(headWal());
    refuses(DivergedException.class, "earlier point");
  }

  @Test
  void open_withTheHeadRestoredByHand_goesOn() throws Exception {
    leaveAWal();
    database.deleteLocalFiles();
    assertThat(restore(request()).walBytes()).isEqualTo(headWal());
    assertThat(verdict()).isEqualTo(Verdict.UNCHANGED);
    database.open();
    assertThat(database.contents()).isEqualTo(before);
    goesOn();
  }

  private long headWal() {
    return WholeFile.headOf(database.replica()).wal().length();
  }

  private RestoreRequest request() {
    return RestoreRequest.latest(
        new FileObjectStore(directory.resolve("replica")), database.file());
  }

  private static RestoreResult restore(RestoreRequest request) {
    try (ObjectStore store = request.store()) {
      assertThat(store).isNotNull();
      return Restorer.create().restore(request);
    }
  }

  @Test
  void open_withAnEmptyFile_isAnError() throws Exception {
    Files.write(database.file("my.duckdb"), new byte[0]);
    refuses(LocalFileException.class, "empty file");
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

  @Test
  void open_afterARestore_knowsTheFileToBeUnchanged() throws Exception {
    database.deleteLocalFiles();
    database.open();
    database.execute("INSERT INTO t VALUES (4711)");
    CommitReceipt receipt = database.checkpoint();
    assertThat(receipt.blocks()).isLessThanOrEqualTo(receipt.blocksInUse());
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  @Test
  void open_withTheIntentLanded_goesOn() throws Exception {
    LocalRecord record = LocalRecord.read(database.file("my.duckdb.haduck")).orElseThrow();
    database.open();
    database.stop();
    LocalRecord after = LocalRecord.read(database.file("my.duckdb.haduck")).orElseThrow();
    // As if the process had been killed between the PUT of the EPOCH and the record of its success.
    record
        .withIntent(after.committed())
        .write(database.file("my.duckdb.haduck"), FileRights.BY_UMASK);
    database.open();
    database.awaitInSync();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  private void refuses(Class<? extends HaduckException> type, String message) throws IOException {
    byte[] before =
        Files.exists(database.file("my.duckdb"))
            ? Files.readAllBytes(database.file("my.duckdb"))
            : new byte[0];
    assertThatThrownBy(database::open).isInstanceOf(type).hasMessageContaining(message);
    if (before.length > 0) {
      assertThat(Files.readAllBytes(database.file("my.duckdb"))).isEqualTo(before);
    } else {
      assertThat(Files.exists(database.file("my.duckdb")))
          .isEqualTo(type == LocalFileException.class && message.equals("empty file"));
    }
  }

  private void emptyReplica() throws IOException {
    try (var files = Files.walk(directory.resolve("replica"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
  }
}
