package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.settings.OfflinePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Opening while the store does not answer. */
@Tag("compat")
class OfflineOpeningTest {
  private static final String NO_CHECKPOINT = "PRAGMA disable_checkpoint_on_shutdown";

  @TempDir Path directory;
  private ReplicatedDatabase database;
  private FaultInjectingStore store;
  private boolean outage;

  @BeforeEach
  void makeAReplicatedDatabase() throws Exception {
    database =
        ReplicatedDatabase.in(
                directory,
                files -> {
                  store = new FaultInjectingStore(files, 1);
                  store.outage(outage);
                  return store;
                })
            .withOpenTimeout(Duration.ofMillis(300))
            .withSyncInterval(Duration.ofMillis(50));
    database.open();
    database.execute(NO_CHECKPOINT, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.checkpoint();
    database.execute("INSERT INTO t VALUES (1)");
    database.awaitPosition();
    database.stop();
    outage = true;
  }

  @AfterEach
  void close() throws Exception {
    outage = false;
    store.heal();
    database.close();
  }

  private void allowOffline() {
    database.withPolicy(OpeningPolicy.DEFAULT.with(OfflinePolicy.ALLOW));
  }

  private void storeIsBack() {
    outage = false;
    store.heal();
  }

  @Test
  void open_withoutTheStore_isAnErrorThatNamesTheSetting() {
    assertThatThrownBy(database::open)
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("another writer may own it")
        .hasMessageContaining("haduck.offline=allow");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void open_offline_sendsEverythingWhenTheStoreIsBack(boolean checkpoints) throws Exception {
    allowOffline();
    database.open();
    ReplicatorStatus status = database.replicator().status();
    assertThat(status.state()).isEqualTo(ReplicatorStatus.State.FAILING);
    assertThat(status.lastError()).isNotNull();
    assertThat(status.seq()).isPositive();
    database.execute("INSERT INTO t VALUES (2)");
    database.execute("CREATE TABLE bulk AS SELECT range AS a FROM range(200000)");
    if (checkpoints) {
      database.execute("CHECKPOINT", "INSERT INTO t VALUES (3)", "CHECKPOINT");
      database.execute("INSERT INTO t VALUES (4)");
    }
    assertThat(database.replicator().holds(database.replicator().position())).isFalse();
    storeIsBack();
    database.awaitInSync();
    assertThat(database.replicator().status().epoch()).isEqualTo(2);
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    database.execute("INSERT INTO t VALUES (5)");
    database.checkpoint();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
    WholeFile.of(database.file()).assertIs(WholeFile.headOf(database.replica()), "online again");
  }

  @Test
  void open_offlineAndClosedBeforeTheStoreIsBack_isJudgedAtTheNextOpening() throws Exception {
    allowOffline();
    database.open();
    database.execute(NO_CHECKPOINT, "INSERT INTO t VALUES (2)", "CHECKPOINT");
    database.abandon();
    database.closeDuckDb();
    database.open();
    database.execute("INSERT INTO t VALUES (3)");
    database.abandon();
    database.closeDuckDb();
    storeIsBack();
    database.open();
    database.awaitInSync();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  @Test
  void open_offlineWhileAnotherWriterAdds_isFencedWhenTheStoreIsBack() throws Exception {
    allowOffline();
    database.open();
    database.execute(NO_CHECKPOINT, "INSERT INTO t VALUES (2)");
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    String theirs;
    try (var other = ReplicatedDatabase.open(elsewhere, database.replica())) {
      other.execute("INSERT INTO t VALUES (4711)");
      other.checkpoint();
      theirs = other.contents();
    }
    storeIsBack();
    await().until(() -> database.replicator().fenced() != null);
    assertThat(database.replicator().fenced())
        .hasMessageContaining("was opened while")
        .hasMessageContaining("another writer has added");
    assertThat(database.restoredContents()).isEqualTo(theirs);
    database.stop();
    assertThatThrownBy(database::open)
        .isInstanceOf(HaduckException.class)
        .hasMessageContaining("another writer has added");
  }

  /** By a length alone the two could not be told apart. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void open_offlineWithOtherCommits_isFencedWhenTheStoreIsBack(boolean more) throws Exception {
    String head = database.restoredContents();
    Files.delete(database.file("my.duckdb.wal"));
    database.runPlain(NO_CHECKPOINT, "INSERT INTO t VALUES (7)");
    allowOffline();
    database.open();
    if (more) {
      database.execute("INSERT INTO t VALUES (8)");
    }
    storeIsBack();
    await().until(() -> database.replicator().fenced() != null);
    assertThat(database.replicator().fenced()).hasMessageContaining("have parted");
    assertThat(database.restoredContents()).isEqualTo(head);
  }

  @Test
  void open_offlineWithLessThanTheReplicaHolds_isAnError() throws Exception {
    byte[] wal = Files.readAllBytes(database.file("my.duckdb.wal"));
    Files.write(database.file("my.duckdb.wal"), java.util.Arrays.copyOf(wal, wal.length - 20));
    allowOffline();
    refuses("holds commits that the local file does not");
  }

  @Test
  void open_offlineWithoutARecord_isAnError() throws Exception {
    Files.delete(database.file("my.duckdb.haduck"));
    allowOffline();
    refuses("no usable");
  }

  @Test
  void open_offlineWithoutAFile_isAnError() throws Exception {
    database.deleteLocalFiles();
    allowOffline();
    refuses("there is no local file");
  }

  @Test
  void open_offlineWithACopy_isAnError() throws Exception {
    Path copy = Files.copy(database.file(), directory.resolve("copy"));
    Files.delete(database.file());
    Files.move(copy, database.file());
    allowOffline();
    refuses("another inode");
  }

  private void refuses(String message) {
    assertThatThrownBy(database::open)
        .isInstanceOf(LocalFileException.class)
        .hasMessageContaining("offline=allow")
        .hasMessageContaining(message);
  }
}
