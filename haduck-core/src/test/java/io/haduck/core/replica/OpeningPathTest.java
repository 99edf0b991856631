package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.log.Appender;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.settings.RestorePolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opening by another path than that of which the log is. Nobody has given a name, unless said. */
@Tag("compat")
class OpeningPathTest {
  @TempDir Path directory;
  private ReplicatedDatabase database;
  private Path one;
  private Path other;

  @BeforeEach
  void makeAReplicatedDatabase() throws Exception {
    Path first = Files.createDirectory(directory.resolve("one"));
    one = first.resolve("my.duckdb");
    other = Files.createDirectory(directory.resolve("other")).resolve("my.duckdb");
    database = ReplicatedDatabase.open(first, directory.resolve("replica"));
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.checkpoint();
    database.stop();
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  private ReplicatorOptions options(Path file) {
    return ReplicatorOptions.of(file, new FileObjectStore(database.replica()))
        .withTimes(Duration.ofSeconds(1), Duration.ofSeconds(5))
        .withWritten(file, false);
  }

  private static @Nullable RestoreResult open(ReplicatorOptions options) {
    try (Replicator replicator = Replicator.open(options)) {
      return replicator.restored().orElse(null);
    }
  }

  private LogState head() {
    try (var store = new FileObjectStore(database.replica())) {
      return new ReplicationLog(store).loadLatest(LoadProgress.NONE).orElseThrow();
    }
  }

  private void refuses(ReplicatorOptions options) throws IOException {
    LogPosition before = head().position();
    boolean existed = Files.exists(options.database());
    assertThatThrownBy(() -> open(options))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContainingAll(
            "is the replica of " + one,
            "that of " + options.database(),
            "haduck.name=…",
            "haduck.name=my.duckdb");
    assertThat(head().position()).isEqualTo(before);
    assertThat(Files.exists(options.database())).isEqualTo(existed);
  }

  @Test
  void open_ofThePathOfTheLog_restores() throws Exception {
    database.deleteLocalFiles();
    RestoreResult restored = open(options(one));
    assertThat(restored).isNotNull();
    assertThat(restored.databasePath()).contains(one.toString());
    assertThat(head().databasePath()).isEqualTo(one.toString());
  }

  @Test
  void open_ofAnotherPath_isRefused() throws Exception {
    refuses(options(other));
  }

  @Test
  void open_ofACopyAtAnotherPath_isRefused() throws Exception {
    Files.copy(one, other);
    refuses(options(other));
  }

  @Test
  void open_ofACopyTogetherWithItsRecord_isRefused() throws Exception {
    Files.copy(one, other);
    Files.copy(Path.of(one + ".haduck"), Path.of(other + ".haduck"));
    refuses(options(other));
  }

  @Test
  void open_ofAnotherDatabaseAtAnotherPath_isRefusedWithOnDivergeRestoreToo() throws Exception {
    try (var foreign =
        ReplicatedDatabase.open(other.getParent(), directory.resolve("other-replica"))) {
      foreign.execute("CREATE TABLE foreign_rows(a INTEGER)");
      foreign.checkpoint();
    }
    refuses(options(other).withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE)));
  }

  @Test
  void open_ofAFileThatWasMovedWithItsRecord_goesOn_andTheLogSaysWhere() throws Exception {
    Path moved = Files.move(one.getParent(), directory.resolve("moved")).resolve("my.duckdb");
    assertThat(open(options(moved))).isNull();
    assertThat(head().databasePath()).isEqualTo(moved.toString());
    refusesNow(options(other), moved);
  }

  private void refusesNow(ReplicatorOptions options, Path of) {
    assertThatThrownBy(() -> open(options))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("is the replica of " + of);
  }

  @Test
  void open_ofAnotherPathByAName_restores_andTheLogSaysWhere() throws Exception {
    RestoreResult restored = open(options(other).withWritten(other, true));
    assertThat(restored).isNotNull();
    assertThat(restored.databasePath()).contains(one.toString());
    assertThat(head().databasePath()).isEqualTo(other.toString());
    // It was said once: from then on the file is known, and so is its path.
    assertThat(open(options(other))).isNull();
    database.deleteLocalFiles();
    refusesNow(options(one), other);
  }

  @Test
  void open_ofALogThatSaysNoPath_takesTheFirst() throws Exception {
    try (var store = new FileObjectStore(database.replica())) {
      var epoch = head().nextEpoch(UUID.randomUUID(), Instant.now(), null);
      new Appender(store, Ticker.system(), InstantSource.system())
          .append(ChangesetCodec.encode(epoch, List.of()));
    }
    assertThat(open(options(other))).isNotNull();
    assertThat(head().databasePath()).isEqualTo(other.toString());
  }

  @Test
  void open_ofAFileThatWasRestoredThereByHand_goesOn() throws Exception {
    try (var store = new FileObjectStore(database.replica())) {
      RestoreResult restored = Restorer.create().restore(RestoreRequest.latest(store, other));
      assertThat(restored.databasePath()).contains(one.toString());
    }
    assertThat(open(options(other))).isNull();
  }

  @Test
  void open_withAnEmptyReplicaAndRestoreRequired_refuses() throws Exception {
    try (var store = new FileObjectStore(directory.resolve("typo"))) {
      var typo =
          ReplicatorOptions.of(other, store)
              .withPolicy(OpeningPolicy.DEFAULT.with(RestorePolicy.REQUIRED));
      refusesToBegin(typo);
      Files.copy(one, other);
      refusesToBegin(typo);
      assertThat(directory.resolve("typo").resolve("log")).doesNotExist();
    }
  }

  private static void refusesToBegin(ReplicatorOptions options) {
    assertThatThrownBy(() -> open(options))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContainingAll("/typo is empty", "restore=required", "restore=if_missing");
  }

  @Test
  void open_withTheFileGoneAndRestoreRequired_restores() throws Exception {
    database.deleteLocalFiles();
    var required = OpeningPolicy.DEFAULT.with(RestorePolicy.REQUIRED);
    assertThat(open(options(one).withPolicy(required))).isNotNull();
  }
}
