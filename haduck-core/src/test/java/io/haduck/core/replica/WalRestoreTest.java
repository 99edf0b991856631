package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.restoring.Restorations;
import io.haduck.core.internal.restoring.RestorePoint;
import io.haduck.core.internal.restoring.RestoredFiles;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.internal.Contents;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restoring what was committed after a checkpoint. */
@Tag("compat")
class WalRestoreTest {
  @TempDir Path directory;
  private ObjectStore store;
  private Connection connection;
  private HandmadeReplica replica;
  private final Map<Long, String> contents = new TreeMap<>();

  @BeforeEach
  void makeADatabaseWithItsFirstCheckpoint() throws Exception {
    store = new FileObjectStore(directory.resolve("replica"));
    Path database = directory.resolve("source.duckdb");
    connection = DriverManager.getConnection("jdbc:duckdb:" + database);
    replica = new HandmadeReplica(store, database);
    execute(
        "SET checkpoint_threshold = '1 TB'",
        "CREATE TABLE t AS SELECT range AS a, sha256(range::VARCHAR) AS b FROM range(50000)",
        "CHECKPOINT");
    remember(replica.checkpoint());
  }

  @AfterEach
  void close() throws Exception {
    replica.close();
    connection.close();
    store.close();
  }

  private void execute(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private void remember(long seq) throws SQLException {
    contents.put(seq, Contents.of(connection));
  }

  /** Commits of all kinds, each in a changeset of its own. */
  private void commitAllKinds() throws Exception {
    for (String sql :
        new String[] {
          "INSERT INTO t VALUES (-1, 'small')",
          "CREATE TABLE bulk AS SELECT range AS a, sha256(range::VARCHAR) AS b FROM range(300000)",
          "CREATE INDEX i ON t(a)",
          "UPDATE t SET b = 'updated' WHERE a % 100 = 3",
          "DELETE FROM bulk WHERE a BETWEEN 1000 AND 150000",
          "INSERT INTO bulk SELECT range, 'again' FROM range(200000)",
          "CREATE VIEW v AS SELECT count(*) AS c FROM bulk",
          "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7",
        }) {
      execute(sql);
      remember(replica.wal());
    }
  }

  private RestoreResult restore(RestoreRequest request) {
    return Restorer.create().restore(request);
  }

  private Path target(String name) {
    return directory.resolve(name + ".duckdb");
  }

  private static String contentsOf(Path file) throws SQLException {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      return Contents.of(plain);
    }
  }

  @Test
  void restore_toEachSeq_holdsWhatWasCommittedByThen() throws Exception {
    commitAllKinds();
    assertThat(replica.head().index().cardinality()).isGreaterThan(10);
    for (var point : contents.entrySet()) {
      Path file = target("at-" + point.getKey());
      RestoreResult result =
          restore(RestoreRequest.latest(store, file).at(new RestoreTarget.AtSeq(point.getKey())));
      assertThat(result.walBytes() > 0).isEqualTo(point.getKey() > 1);
      assertThat(result.lost()).isEmpty();
      LocalRecord record = record(file);
      assertThat(record.wal()).isEqualTo(result.walBytes());
      assertThat(record.detached()).isEqualTo(point.getKey() < result.headSeq());
      assertThat(contentsOf(file)).as("seq %s", point.getKey()).isEqualTo(point.getValue());
    }
  }

  @Test
  void restore_toATime_endsWithTheLastCommitBeforeIt() throws Exception {
    commitAllKinds();
    Instant base = Instant.ofEpochSecond(1_700_000_000);
    for (var point : contents.entrySet()) {
      Path file = target("time-" + point.getKey());
      Instant time = base.plusSeconds(point.getKey() - 1).plusMillis(500);
      RestoreResult result =
          restore(RestoreRequest.latest(store, file).at(new RestoreTarget.AtTime(time)));
      assertThat(result.seq()).isEqualTo(point.getKey());
      assertThat(contentsOf(file)).isEqualTo(point.getValue());
    }
  }

  @Test
  void restore_afterAnotherCheckpoint_hasNoWalOfTheOneBefore() throws Exception {
    commitAllKinds();
    execute("CHECKPOINT");
    remember(replica.checkpoint());
    Path file = target("checkpointed");
    assertThat(restore(RestoreRequest.latest(store, file)).walBytes()).isZero();
    assertThat(file.resolveSibling("checkpointed.duckdb.wal")).doesNotExist();
    assertThat(contentsOf(file)).isEqualTo(contents.get(replica.head().position().seq()));
  }

  @Test
  void restore_ofManySmallPieces_isExactUnderFaults() throws Exception {
    for (int i = 0; i < 300; i++) {
      execute("INSERT INTO t VALUES (" + -i + ", 'row " + i + "')");
    }
    replica.wal(Integer.getInteger("haduck.walPiece", 20));
    remember(replica.head().position().seq());
    assertThat(replica.head().wal().runs()).hasSizeGreaterThan(1000);
    Path file = target("pieces");
    var calls = new AtomicInteger();
    try (var faulty =
        new FaultInjectingStore(new FileObjectStore(directory.resolve("replica")), 1)) {
      faulty.beforeCall(
          (operation, key) -> {
            if (!key.isEmpty()
                && Math.floorMod(key.hashCode() + calls.getAndIncrement(), 50) == 0) {
              throw new UnavailableException("one in fifty, " + operation);
            }
          });
      var point = RestorePoint.head(replica.head());
      LocalFiles files = LocalFiles.of(file);
      RestoreResult result =
          Restorations.telling(FileSteps.untold())
              .restore(
                  RestoreRequest.latest(faulty, file),
                  files,
                  point,
                  RestoredFiles.Guard.unguarded(),
                  List.of());
      assertThat(result.walBytes()).isEqualTo(replica.head().wal().length());
    }
    assertThat(Files.readAllBytes(directory.resolve("pieces.duckdb.wal")))
        .isEqualTo(replica.stream());
    assertThat(contentsOf(file)).isEqualTo(contents.get(replica.head().position().seq()));
  }

  @Test
  void restore_ofAStreamThatWasCutOff_leavesOutWhatIsBeyond() throws Exception {
    execute("INSERT INTO t VALUES (-1, 'kept')");
    long kept = replica.wal();
    remember(kept);
    byte[] stream = replica.stream();
    // A commit that was sent and taken back, and another one in its place.
    byte[] gone = new byte[500];
    replica.wal(stream.length, gone);
    replica.wal(stream.length + 100, new byte[0]);
    Path cut = target("cut");
    restore(RestoreRequest.latest(store, cut));
    assertThat(Files.size(directory.resolve("cut.duckdb.wal"))).isEqualTo(stream.length + 100);
    replica.wal(stream.length, new byte[0]);
    execute("INSERT INTO t VALUES (-2, 'also kept')");
    long last = replica.wal();
    remember(last);
    Path file = target("kept");
    restore(RestoreRequest.latest(store, file));
    assertThat(directory.resolve("kept.duckdb.wal")).hasBinaryContent(replica.stream());
    assertThat(contentsOf(file)).isEqualTo(contents.get(last));
  }

  @Test
  void restore_ofADamagedPiece_namesItAndLeavesNothing() throws Exception {
    execute("INSERT INTO t VALUES (-1, 'damaged')");
    replica.wal();
    WalRun run = replica.head().wal().runs().get(0);
    Path object = directory.resolve("replica").resolve(run.slice().objectKey());
    try (var file = new RandomAccessFile(object.toFile(), "rw")) {
      file.seek(run.slice().offset() + 3);
      int was = file.read();
      file.seek(run.slice().offset() + 3);
      file.write(was ^ 1);
    }
    Path file = target("damaged");
    assertThatThrownBy(() -> restore(RestoreRequest.latest(store, file)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(run.slice().objectKey())
        .hasMessageContaining("WAL from 0");
    try (var left = Files.list(directory)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .filteredOn(name -> name.startsWith("damaged"))
          .containsExactly("damaged.duckdb.haduck-lock");
    }
  }

  @Test
  void restore_toTheLastCheckpoint_saysWhatIsLost() throws Exception {
    commitAllKinds();
    LogState head = replica.head();
    replica.epoch();
    execute("INSERT INTO t VALUES (-5, 'after the epoch', 1)");
    replica.wal();
    Path file = target("checkpoint");
    RestoreResult result = restore(RestoreRequest.latest(store, file).toLastCheckpoint());
    assertThat(result.seq()).isEqualTo(1);
    assertThat(result.headSeq()).isEqualTo(head.position().seq());
    assertThat(result.walBytes()).isZero();
    RestoreResult.LostWal lost = result.lost().orElseThrow();
    assertThat(lost.bytes()).isEqualTo(replica.stream().length);
    assertThat(lost.changesets()).isEqualTo(head.position().seq() - 1);
    assertThat(lost.since()).isEqualTo(result.commitTime()).isBefore(lost.until());
    assertThat(record(file).detached()).isTrue();
    assertThat(contentsOf(file)).isEqualTo(contents.get(1L));
  }

  @Test
  void restore_toTheLastCheckpointOfWhatHasNoWal_losesNothing() throws Exception {
    commitAllKinds();
    execute("CHECKPOINT");
    remember(replica.checkpoint());
    Path file = target("nothing-lost");
    RestoreResult result = restore(RestoreRequest.latest(store, file).toLastCheckpoint());
    assertThat(result.lost()).isEmpty();
    assertThat(record(file).detached()).isFalse();
    assertThat(contentsOf(file)).isEqualTo(contents.get(result.seq()));
  }

  @Test
  void overwritingRestore_takesWhatIsThereFromTheLocalFile() throws Exception {
    Path file = target("local");
    restore(RestoreRequest.latest(store, file));
    commitAllKinds();
    RestoreResult result = restore(RestoreRequest.latest(store, file).overwriting());
    assertThat(result.localBlocks()).isPositive().isLessThan(result.blocks());
    RestoreResult again = restore(RestoreRequest.latest(store, file).overwriting());
    assertThat(again.localBlocks()).isEqualTo(again.blocks());
    assertThat(again.bytesFetched()).isPositive().isLessThan(again.walBytes());
    assertThat(contentsOf(file)).isEqualTo(contents.get(result.seq()));
  }

  @Test
  void restoredPair_nameWithAQuestionMark() throws Exception {
    execute("INSERT INTO t VALUES (-1, 'odd name')");
    remember(replica.wal());
    Path file = directory.resolve("odd?name.duckdb");
    restore(RestoreRequest.latest(store, file));
    assertThat(directory.resolve("odd.wal?name.duckdb")).exists();
    assertThat(contentsOf(file)).isEqualTo(contents.get(2L));
  }

  private static LocalRecord record(Path file) throws Exception {
    return LocalRecord.read(file.resolveSibling(file.getFileName() + ".haduck")).orElseThrow();
  }
}
