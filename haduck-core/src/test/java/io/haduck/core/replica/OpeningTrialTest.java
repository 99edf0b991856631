package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.UnopenedException;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When DuckDB is asked before the log is taken over, and what becomes of its answer. */
class OpeningTrialTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;
  private final List<Path> tried = new ArrayList<>();

  @BeforeEach
  void makeAReplicatedDatabaseWithAWal() throws Exception {
    database = ReplicatedDatabase.open(directory);
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.checkpoint();
    database.execute("PRAGMA disable_checkpoint_on_shutdown", "INSERT INTO t VALUES (4711)");
    database.awaitPosition();
    database.stop();
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  private ReplicatorOptions failing() {
    return database
        .options()
        .withTrial(
            file -> {
              tried.add(file);
              throw new UnopenedException("it does not open", true, null);
            });
  }

  private ReplicatorOptions succeeding() {
    return database.options().withTrial(tried::add);
  }

  private void openInVain() {
    assertThatThrownBy(() -> Replicator.open(failing())).isInstanceOf(UnopenedException.class);
  }

  private long headSeq() {
    return WholeFile.headOf(database.replica()).position().seq();
  }

  private LocalRecord record() throws IOException {
    return LocalRecord.read(database.file("my.duckdb.haduck")).orElseThrow();
  }

  private void noteFailed() throws IOException {
    record().withFailed(true).write(database.file("my.duckdb.haduck"), FileRights.BY_UMASK);
  }

  @Test
  void open_ofWhatIsRestoredWithAWal_isTriedInItsPlaceAndBeforeTheEpoch() throws Exception {
    database.deleteLocalFiles();
    long before = headSeq();
    openInVain();
    openInVain();
    assertThat(tried).containsExactly(database.file().toRealPath(), database.file().toRealPath());
    assertThat(headSeq()).isEqualTo(before);
    assertThat(record().failed()).isTrue();
    assertThat(record().committed().seq()).isEqualTo(before);
    Replicator.open(succeeding()).close();
    assertThat(headSeq()).isEqualTo(before + 1);
    assertThat(record().failed()).isFalse();
  }

  @Test
  void open_ofWhatIsRestoredWithoutAWal_isNotTried() throws Exception {
    database.open();
    database.checkpoint();
    database.stop();
    database.deleteLocalFiles();
    Replicator.open(failing()).close();
    assertThat(tried).isEmpty();
  }

  @Test
  void open_ofWhatDidNotOpen_triesFirst() throws Exception {
    Replicator first = Replicator.open(succeeding());
    first.databaseOpening();
    first.databaseFailedToOpen();
    first.close();
    assertThat(tried).isEmpty();
    assertThat(record().failed()).isTrue();
    long before = headSeq();
    openInVain();
    assertThat(headSeq()).isEqualTo(before);
    database.open();
    assertThat(database.contents()).isEqualTo(database.restoredContents());
    database.stop();
    assertThat(record().failed()).isFalse();
  }

  @Test
  void open_ofWhatDidNotOpenAndIsBehindNow_takesWhatOthersMadeOfIt() throws Exception {
    noteFailed();
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, directory.resolve("replica"))) {
      other.execute("INSERT INTO t VALUES (4712)");
      other.checkpoint();
    }
    Replicator.open(failing()).close();
    assertThat(tried).isEmpty();
    assertThat(record().failed()).isFalse();
  }
}
