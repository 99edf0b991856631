package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.RestorePolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One test for each row of the table in docs/ARCHITECTURE.md that is not an ordinary opening. */
@Tag("compat")
class OpeningTest {
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
            () -> Replicator.open(database.options().withRestorePolicy(RestorePolicy.NEVER)))
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
  void open_withACopiedFile_isAnError() throws Exception {
    Path copy = directory.resolve("copy");
    Files.copy(database.file("my.duckdb"), copy);
    Files.move(copy, database.file("my.duckdb"), StandardCopyOption.REPLACE_EXISTING);
    refuses(DivergedException.class, "another inode");
  }

  @Test
  void open_afterAnotherWriterAdded_isAnError() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, directory.resolve("replica"))) {
      other.execute("INSERT INTO t VALUES (1)");
      other.checkpoint();
    }
    refuses(DivergedException.class, "another writer has added");
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
  void open_withAnEmptyFile_isAnError() throws Exception {
    Files.write(database.file("my.duckdb"), new byte[0]);
    refuses(LocalFileException.class, "empty file");
  }

  @Test
  void open_withAnOlderContentInTheSameFile_isAnError() throws Exception {
    byte[] older = Files.readAllBytes(database.file("my.duckdb"));
    database.open();
    database.execute("INSERT INTO t SELECT range FROM range(100000)");
    database.checkpoint();
    database.stop();
    // The same inode, the content of before: a volume that was rolled back.
    Files.write(database.file("my.duckdb"), older);
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
    record.withIntent(after.committed()).write(database.file("my.duckdb.haduck"));
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
