package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.CommitReceipt;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.settings.Compression;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** However it was sent, what is restored is the same to the byte. */
@Tag("compat")
class CompressionSettingTest {
  /** Some 40 MB, of which a part can be made shorter, and an index. */
  private static final String[] LOAD = {
    "CREATE TABLE t(id BIGINT PRIMARY KEY, text VARCHAR, noise UBIGINT, more UBIGINT)",
    "INSERT INTO t SELECT range, 'the customer with the number ' || (hash(range) % 1000), hash(range),"
        + " hash(range + 1) FROM range(1000000)",
    "CHECKPOINT"
  };

  @TempDir Path directory;

  static Stream<Compression> settings() {
    return Stream.of(
        Compression.AUTO,
        Compression.NONE,
        Compression.fixed(-7),
        Compression.fixed(1),
        Compression.fixed(9));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void whatIsRestored_isWhatWasThere_toTheByte(Compression setting) throws Exception {
    var database =
        ReplicatedDatabase.in(directory).withOptions(options -> options.withCompression(setting));
    CommitReceipt loaded;
    try (database) {
      database.open();
      database.awaitInSync();
      database.executeUnseen(LOAD); // so that one commit has all of it
      database.execute("SELECT 1");
      loaded = Objects.requireNonNull(database.awaitPosition());
      database.execute("UPDATE t SET text = 'changed' WHERE id % 1000 = 7");
      database.checkpoint();
      database.execute("INSERT INTO t SELECT range + 2000000, 'late', 1, 2 FROM range(5000)");
      database.awaitPosition();
      assertThat(database.restoredContents()).as("with its WAL").isEqualTo(database.contents());
      database.checkpoint();
    }
    Path restored = directory.resolve("restored.duckdb");
    try (ObjectStore store = new FileObjectStore(database.replica())) {
      Restorer.create().restore(RestoreRequest.latest(store, restored));
      assertThat(Verifier.create().run(store, VerifyProgress.none()).isClean()).isTrue();
    }
    WholeFile there = WholeFile.of(database.file());
    assertThat(WholeFile.of(restored).blocks()).isEqualTo(there.blocks());
    there.assertIs(WholeFile.headOf(database.replica()), setting.toString());

    assertThat(loaded.rawBytes()).isGreaterThan(10 << 20);
    if (setting.equals(Compression.NONE)) {
      assertThat(loaded.bytes()).as("stored, with heads").isGreaterThan(loaded.rawBytes());
    } else {
      assertThat(loaded.bytes()).as("stored").isLessThan(loaded.rawBytes() * 95 / 100);
    }
  }

  /** Somebody sets it otherwise while the replica is there already. */
  @ParameterizedTest
  @MethodSource("settings")
  void aReplicaThatWasBegunOtherwise_goesOn(Compression setting) throws Exception {
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute(LOAD);
      database.awaitPosition();
    }
    var again =
        ReplicatedDatabase.in(directory).withOptions(options -> options.withCompression(setting));
    try (again) {
      again.open();
      again.execute("DELETE FROM t WHERE id % 3 = 1", "CHECKPOINT");
      again.awaitPosition();
      assertThat(again.restoredContents()).isEqualTo(again.contents());
    }
  }
}
