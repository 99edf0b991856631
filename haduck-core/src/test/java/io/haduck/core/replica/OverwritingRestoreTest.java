package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LocalFileException;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restore overwrites is kept, unless it is known to be in the replica. */
@Tag("compat")
class OverwritingRestoreTest {
  private static final String NO_CHECKPOINT = "PRAGMA disable_checkpoint_on_shutdown";

  @TempDir Path directory;
  private ReplicatedDatabase database;
  private String head;

  @BeforeEach
  void makeAReplicatedDatabaseWithAWal() throws Exception {
    database = ReplicatedDatabase.open(directory);
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(50000)");
    database.checkpoint();
    database.execute(NO_CHECKPOINT, "INSERT INTO t VALUES (1)");
    database.awaitPosition();
    database.execute("INSERT INTO t VALUES (2)");
    database.awaitPosition();
    head = database.contents();
    database.stop();
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  private RestoreResult restore(RestoreTarget target) {
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      return Restorer.create()
          .restore(RestoreRequest.latest(store, database.file()).at(target).overwriting());
    }
  }

  private RestoreResult restore() {
    return restore(RestoreTarget.latest());
  }

  private List<String> keptFiles() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> name.contains(".replaced-") || name.contains(".stray-"))
          .sorted()
          .toList();
    }
  }

  private static String contentsOf(Path file) throws SQLException {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      return ReplicatedDatabase.contentsOf(plain);
    }
  }

  private String contents() throws SQLException {
    return contentsOf(database.file());
  }

  @Test
  void restore_overUnsentCommits_keepsThem_andTheyCanGoOn() throws Exception {
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (3)", "CHECKPOINT");
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (4)");
    Object inode = Files.getAttribute(database.file(), "unix:ino");
    Path kept = restore().kept().orElseThrow();
    assertThat(kept.getFileName().toString())
        .matches("my\\.duckdb\\.replaced-\\d{8}T\\d{6}\\.\\d{3}Z");
    assertThat(Files.getAttribute(kept, "unix:ino")).as("no copy").isEqualTo(inode);
    assertThat(keptFiles())
        .containsExactly(
            kept.getFileName().toString(),
            kept.getFileName() + ".haduck",
            kept.getFileName() + ".wal");
    for (String suffix : List.of("", ".wal", ".haduck")) {
      Files.move(
          Path.of(kept + suffix),
          database.file("my.duckdb" + suffix),
          StandardCopyOption.REPLACE_EXISTING);
    }
    database.open();
    database.awaitInSync();
    assertThat(database.contents()).isNotEqualTo(head);
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  @Test
  void restore_overUnsentCommitsInTheWalAlone_keepsThem() throws Exception {
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (3)");
    Path kept = restore().kept().orElseThrow();
    assertThat(contents()).isEqualTo(head);
    assertThat(contentsOf(kept)).isNotEqualTo(head);
  }

  /** One that has the headers of the head, as a copy that went its own way may. */
  @Test
  void restore_overAnotherDatabase_keepsIt() throws Exception {
    Files.delete(database.file("my.duckdb"));
    Files.delete(database.file("my.duckdb.wal"));
    database.runPlain("CREATE TABLE other AS SELECT 42 AS a");
    Path kept = restore().kept().orElseThrow();
    assertThat(contentsOf(kept)).contains("other");
    assertThat(contents()).isEqualTo(head);
  }

  @Test
  void restore_overWhatIsInTheReplica_keepsNothing() throws Exception {
    assertThat(restore().kept()).isEmpty();
    RestoreResult earlier = restore(new RestoreTarget.AtSeq(1));
    assertThat(earlier.kept()).isEmpty();
    assertThat(restore(new RestoreTarget.AtSeq(1)).kept()).as("what was detached").isEmpty();
    assertThat(restore().kept()).isEmpty();
    assertThat(contents()).isEqualTo(head);
    assertThat(keptFiles()).isEmpty();
  }

  @Test
  void restore_overWhatWasClosedInSync_keepsNothing() throws Exception {
    database.open();
    database.execute("INSERT INTO t VALUES (3)");
    database.checkpoint();
    database.execute("PRAGMA enable_checkpoint_on_shutdown", "INSERT INTO t VALUES (4)");
    database.stop();
    assertThat(restore(new RestoreTarget.AtSeq(1)).kept()).isEmpty();
  }

  /** The record of a database in another replica proves nothing about this one. */
  @Test
  void restore_overADatabaseOfAnotherReplica_keepsIt() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, directory.resolve("another"))) {
      other.execute("CREATE TABLE other(a INTEGER)");
      other.checkpoint();
    }
    for (String suffix : List.of("", ".haduck")) {
      Files.move(
          elsewhere.resolve("my.duckdb" + suffix),
          database.file("my.duckdb" + suffix),
          StandardCopyOption.REPLACE_EXISTING);
    }
    Files.delete(database.file("my.duckdb.wal"));
    assertThat(contentsOf(restore().kept().orElseThrow())).contains("other");
  }

  @Test
  void restore_overChangesThatLeaveSizeAndTime_keepsThem() throws Exception {
    Path file = database.file();
    var modified = Files.getLastModifiedTime(file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[8192 + 7] ^= 1; // in a header
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, modified);
    assertThat(restore().kept().orElseThrow()).hasBinaryContent(bytes);
  }

  @Test
  void restore_overAWalWithoutItsDatabase_keepsTheWal() throws Exception {
    byte[] wal = Files.readAllBytes(database.file("my.duckdb.wal"));
    Files.delete(database.file());
    Path kept = restore().kept().orElseThrow();
    assertThat(kept.toString()).endsWith(".wal");
    assertThat(kept).hasBinaryContent(wal);
    assertThat(contents()).isEqualTo(head);
  }

  @Test
  void restore_overAllThreeWalFiles_keepsThemOnce() throws Exception {
    Files.writeString(database.file("my.duckdb.wal.checkpoint"), "what a crash left");
    Files.writeString(database.file("my.duckdb.wal.recovery"), "and this");
    Path kept = restore().kept().orElseThrow();
    assertThat(Path.of(kept + ".wal.checkpoint")).hasContent("what a crash left");
    assertThat(Path.of(kept + ".wal.recovery")).hasContent("and this");
    assertThat(keptFiles()).hasSize(5).noneMatch(name -> name.contains("stray"));
    assertThat(database.file("my.duckdb.wal.checkpoint")).doesNotExist();
    assertThat(contents()).isEqualTo(head);
  }

  @Test
  void restore_overWhatIsNoDatabase_keepsIt_butNotAnEmptyFile() throws Exception {
    Files.delete(database.file("my.duckdb.wal"));
    Files.writeString(database.file(), "somebody's notes");
    assertThat(restore().kept().orElseThrow()).hasContent("somebody's notes");
    Files.delete(database.file("my.duckdb.wal"));
    Files.writeString(database.file(), "");
    assertThat(restore().kept()).isEmpty();
    assertThat(contents()).isEqualTo(head);
  }

  @Test
  void restore_overTwoWithinAMillisecond_keepsBoth() throws Exception {
    for (int i = 3; i < 6; i++) {
      database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (" + i + ")");
      restore();
    }
    assertThat(keptFiles()).filteredOn(name -> name.matches(".*Z")).hasSize(3);
  }

  @Test
  void restore_withoutOverwriting_changesNothing() throws Exception {
    byte[] before = Files.readAllBytes(database.file());
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      assertThatThrownBy(
              () -> Restorer.create().restore(RestoreRequest.latest(store, database.file())))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("exists");
    }
    assertThat(database.file()).hasBinaryContent(before);
    assertThat(keptFiles()).isEmpty();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Whoever reads the file by its other name, such as a replication that lingers, goes on. */
  @Test
  void restore_overAHardLinkOfAReplicatedFile_leavesItsReaderItsFile() throws Exception {
    database.open();
    Path other = Files.createDirectory(directory.resolve("other")).resolve("my.duckdb");
    database.connection().close();
    database.replicator().databaseClosed();
    Files.createLink(other, database.file());
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      RestoreResult result =
          Restorer.create().restore(RestoreRequest.latest(store, other).overwriting());
      assertThat(result.kept()).isPresent();
    }
    assertThat(Files.isSameFile(other, database.file())).isFalse();
    database.replicator().databaseOpening();
    try (Connection again = database.connect()) {
      database.replicator().databaseOpened(CheckpointHold.none());
      execute(again, "INSERT INTO t VALUES (7)");
      database.replicator().changed();
      database.awaitPosition();
      assertThat(database.restoredContents()).isEqualTo(ReplicatedDatabase.contentsOf(again));
    }
  }
}
