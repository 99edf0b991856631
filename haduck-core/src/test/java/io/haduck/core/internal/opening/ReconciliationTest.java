package io.haduck.core.internal.opening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CommitReceipt;
import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.replica.Replicator;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.settings.RestorePolicy;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One test for each row of the tables in docs/internals/opening.md where the file, the record or
 * the log is missing, or another one.
 */
@Tag("compat")
class ReconciliationTest extends OpenedAgain {
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

  @Test
  void open_withAnEmptyFile_isAnError() throws Exception {
    Files.write(database.file("my.duckdb"), new byte[0]);
    refuses(LocalFileException.class, "empty file");
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

  private void emptyReplica() throws IOException {
    try (var files = Files.walk(directory.resolve("replica"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
  }
}
