package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.settings.RestorePolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Opening where nothing is known of the local file, or nothing that counts: copies, files that were
 * put in place, lost records. What it holds is then proven by hashing, or it has diverged.
 */
@Tag("compat")
class OpeningByContentTest {
  private static final String NO_CHECKPOINT = "PRAGMA disable_checkpoint_on_shutdown";
  private static final String ROWS = "SELECT range AS a, 'row ' || range AS b FROM ";

  @TempDir Path directory;
  private ReplicatedDatabase database;

  /** What lost its ties to the replica. */
  private enum Lost {
    /** F.haduck was deleted. */
    RECORD {
      @Override
      void lose(OpeningByContentTest test) throws IOException {
        Files.delete(test.file(".haduck"));
      }
    },
    /** F.haduck holds nonsense. */
    RECORD_DAMAGED {
      @Override
      void lose(OpeningByContentTest test) throws IOException {
        Files.writeString(test.file(".haduck"), "haduck-record 1\nnonsense\n");
      }
    },
    /** F and its WAL are copies: other inodes. */
    COPIED {
      @Override
      void lose(OpeningByContentTest test) throws IOException {
        test.copyInPlace("");
        test.copyInPlace(".wal");
      }
    };

    abstract void lose(OpeningByContentTest test) throws IOException;
  }

  private Path file(String suffix) {
    return database.file("my.duckdb" + suffix);
  }

  private void copyInPlace(String suffix) throws IOException {
    if (Files.exists(file(suffix))) {
      Path copy = Files.copy(file(suffix), file(suffix + "-copy"));
      Files.move(copy, file(suffix), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @BeforeEach
  void makeAReplicatedDatabaseWithAWal() throws Exception {
    database = ReplicatedDatabase.open(directory);
    database.execute("CREATE TABLE t AS " + ROWS + "range(1000)");
    database.checkpoint();
    database.execute(NO_CHECKPOINT, "INSERT INTO t VALUES (1, 'one')");
    database.execute("CREATE TABLE bulk AS " + ROWS + "range(200000)");
    database.awaitPosition();
    database.stop();
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  /** The replica takes what is committed from here on, and a restore of it holds the same. */
  private void goesOn() throws Exception {
    database.execute("INSERT INTO t VALUES (100, 'goes on')");
    database.awaitPosition();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    database.checkpoint();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    WholeFile.of(database.file()).assertIs(WholeFile.headOf(database.replica()), "goes on");
  }

  @ParameterizedTest
  @EnumSource
  void open_atTheHead_isProvenByHashing(Lost lost) throws Exception {
    lost.lose(this);
    database.open();
    goesOn();
  }

  @ParameterizedTest
  @EnumSource
  void open_atTheHeadWithMoreCommits_sendsThem(Lost lost) throws Exception {
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (2, 'two')");
    lost.lose(this);
    database.open();
    database.awaitInSync();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    goesOn();
  }

  @ParameterizedTest
  @EnumSource
  void open_behindTheHead_fastForwards(Lost lost) throws Exception {
    byte[] wal = Files.readAllBytes(file(".wal"));
    byte[] stale = Files.readAllBytes(file(""));
    database.open();
    database.execute("INSERT INTO t VALUES (3, 'three')");
    database.checkpoint();
    String head = database.contents();
    database.stop();
    Files.write(file(""), stale);
    Files.write(file(".wal"), wal);
    lost.lose(this);
    database.open();
    assertThat(database.contents()).isEqualTo(head);
    goesOn();
  }

  @ParameterizedTest
  @EnumSource
  void open_withChangesOfItsOwn_isAnErrorAndChangesNothing(Lost lost) throws Exception {
    database.runPlain("INSERT INTO t VALUES (4, 'own')", "CHECKPOINT");
    lost.lose(this);
    byte[] before = Files.readAllBytes(file(""));
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("the log holds no checkpoint of iteration")
        .hasMessageContaining("on_diverge=restore");
    assertThat(file("")).hasBinaryContent(before);
  }

  @Test
  void open_withOnDivergeRestore_keepsBothSides() throws Exception {
    String replicated = database.restoredContents();
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (4, 'own')", "CHECKPOINT");
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (5, 'own, in the WAL')");
    Files.delete(file(".haduck"));
    database.withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
    database.open();
    assertThat(database.contents()).isEqualTo(replicated);
    goesOn();
    assertThat(rowsOf(kept())).isEqualTo(1003);
  }

  @Test
  void open_withOnDivergeRestoreAndRestoreNever_refuses() throws Exception {
    database.runPlain("INSERT INTO t VALUES (4, 'own')", "CHECKPOINT");
    Files.delete(file(".haduck"));
    database.withPolicy(
        OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE).with(RestorePolicy.NEVER));
    assertThatThrownBy(database::open).isInstanceOf(DivergedException.class);
    assertThat(keptFiles()).isEmpty();
  }

  @Test
  void open_withOnDivergeRestoreWhileDuckDbHasItOpen_leavesItAlone() throws Exception {
    database.runPlain("INSERT INTO t VALUES (4, 'own')", "CHECKPOINT");
    Files.delete(file(".haduck"));
    database.withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
    byte[] before = Files.readAllBytes(file(""));
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file(""))) {
      assertThat(plain.isClosed()).isFalse();
      assertThatThrownBy(database::open).isInstanceOf(HaduckException.class);
      assertThat(keptFiles()).isEmpty();
    }
    assertThat(file("")).hasBinaryContent(before);
    database.open();
    assertThat(keptFiles()).hasSize(1);
  }

  /** Processes that were stopped have found it: none of them could open its file ever again. */
  @Test
  void open_behindAThinnedLog_cannotBeProven_andIsSetAside() throws Exception {
    byte[] wal = Files.readAllBytes(file(".wal"));
    byte[] stale = Files.readAllBytes(file(""));
    database.open();
    database.execute("INSERT INTO t VALUES (3, 'three')");
    database.awaitPosition();
    long needless = database.replicator().status().seq();
    database.execute("INSERT INTO t VALUES (4, 'four')");
    database.awaitPosition();
    database.checkpoint();
    String head = database.contents();
    database.stop();
    try (var store = new FileObjectStore(database.replica())) {
      var log = new ReplicationLog(store);
      LogState last = log.loadLatest(LoadProgress.NONE).orElseThrow();
      LogState checkpoint = log.loadAt(last.anchor().seq(), LoadProgress.NONE).orElseThrow();
      assertThat(log.writeSnapshot(checkpoint).outcome()).isEqualTo(PutResult.Outcome.DONE);
      store.deleteAll(List.of(LogKeys.changeset(needless)));
    }
    Files.write(file(""), stale);
    Files.write(file(".wal"), wal);
    Files.delete(file(".haduck"));
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("does not tell any more");
    database.withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
    database.open();
    assertThat(database.contents()).isEqualTo(head);
    assertThat(keptFiles()).hasSize(1);
    goesOn();
  }

  private Path kept() throws IOException {
    List<Path> kept = keptFiles();
    assertThat(kept).hasSize(1);
    return kept.get(0);
  }

  private List<Path> keptFiles() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(
              file -> file.getFileName().toString().matches("my\\.duckdb\\.diverged-[^.]*\\.\\d+Z"))
          .toList();
    }
  }

  private static long rowsOf(Path kept) throws SQLException {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + kept);
        Statement statement = plain.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  // --- two copies of one database, which each got other rows and as many checkpoints

  /** How the other copy comes to lie where the first one was. */
  private enum Arrival {
    /** Renamed over it: another inode. */
    MOVED,
    /** Written into it: the same inode, and F.haduck seems to describe it. */
    WRITTEN
  }

  @ParameterizedTest
  @EnumSource
  void open_withAnotherCopyThatHasTheSameHeaders_isNeverTakenForTheHead(Arrival arrival)
      throws Exception {
    database.runPlain("CHECKPOINT"); // no WAL, so that only the blocks can tell
    database.open();
    database.awaitInSync();
    database.stop();
    Path other = Files.copy(file(""), directory.resolve("other.duckdb"));
    database.open();
    database.execute("INSERT INTO t " + ROWS + "range(5000, 10000)");
    database.checkpoint();
    String head = database.contents();
    database.stop();
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + other);
        Statement statement = plain.createStatement()) {
      statement.execute("INSERT INTO t " + ROWS + "range(6000, 11000)");
      statement.execute("CHECKPOINT");
    }
    DatabaseHeaders ours = DatabaseFiles.open(file("")).readHeaders();
    DatabaseHeaders theirs = DatabaseFiles.open(other).readHeaders();
    assertThat(theirs).isEqualTo(ours);
    if (arrival == Arrival.MOVED) {
      Files.move(other, file(""), StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.write(file(""), Files.readAllBytes(other));
    }
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("is not what the log holds of iteration");
    database.withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
    database.open();
    assertThat(database.contents()).isEqualTo(head);
    goesOn();
  }

  /**
   * In the older formats nothing identifies a database; but one checkpoint leaves the header of the
   * one before.
   */
  @Test
  void open_withAnotherDatabaseOfAnOlderFormatOneCheckpointFurther_isNoDescendant()
      throws Exception {
    String oldest = ";storage_compatibility_version=v1.0.0";
    Path here = Files.createDirectory(directory.resolve("older"));
    try (var older = ReplicatedDatabase.in(here).withUrlOptions(oldest)) {
      older.open();
      older.execute("CREATE TABLE t AS " + ROWS + "range(1000)");
      older.checkpoint();
      older.execute("INSERT INTO t VALUES (1, 'one')");
      older.checkpoint();
      older.stop();
      long iteration = DatabaseFiles.open(older.file()).readHeaders().active().iteration();
      Path other = directory.resolve("other.duckdb");
      try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + other + oldest);
          Statement statement = plain.createStatement()) {
        statement.execute(NO_CHECKPOINT);
        statement.execute("CREATE TABLE other AS " + ROWS + "range(300000)");
        statement.execute("CHECKPOINT");
        while (DatabaseFiles.open(other).readHeaders().active().iteration() <= iteration) {
          statement.execute("INSERT INTO other VALUES (2, 'two')");
          statement.execute("CHECKPOINT");
        }
      }
      assertThat(DatabaseFiles.open(other).readHeaders().active().iteration())
          .isEqualTo(iteration + 1);
      Files.write(older.file(), Files.readAllBytes(other));
      assertThatThrownBy(older::open)
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("one checkpoint further");
    }
  }

  @Test
  void open_withTheRecordOfAnotherReplica_goesByTheContent() throws Exception {
    LocalRecord record = LocalRecord.read(file(".haduck")).orElseThrow();
    new LocalRecord(
            UUID.randomUUID(),
            "s3://elsewhere/my.duckdb",
            record.committed(),
            record.iteration(),
            record.wal(),
            record.headers(),
            record.metadata(),
            record.stamp(),
            null,
            false)
        .write(file(".haduck"), FileRights.BY_UMASK);
    database.open();
    goesOn();
  }
}
