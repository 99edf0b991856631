package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opening where the log is not what {@code F.haduck} says, or changes meanwhile. */
@Tag("compat")
class OpeningLogTest {
  private static final String NO_CHECKPOINT = "PRAGMA disable_checkpoint_on_shutdown";

  @TempDir Path directory;
  private ReplicatedDatabase database;
  private FaultInjectingStore store;
  private Runnable beforeTakingOver = () -> {};

  @BeforeEach
  void makeAReplicatedDatabase() throws Exception {
    database = ReplicatedDatabase.in(directory, files -> store = hooked(files));
    database.open();
    database.execute(NO_CHECKPOINT, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.checkpoint();
    database.execute("INSERT INTO t VALUES (1)");
    database.awaitPosition();
    database.stop();
  }

  private FaultInjectingStore hooked(ObjectStore files) {
    return new FaultInjectingStore(files, 1)
        .beforeCall(
            (operation, key) -> {
              if (operation == Operation.PUT_IF_ABSENT && key.startsWith("log/")) {
                Runnable race = beforeTakingOver;
                beforeTakingOver = () -> {};
                race.run();
              }
            });
  }

  @AfterEach
  void close() throws Exception {
    database.close();
  }

  private Path recordFile() {
    return database.file("my.duckdb.haduck");
  }

  private LocalRecord record() throws IOException {
    return LocalRecord.read(recordFile()).orElseThrow();
  }

  /** Another process adds to the log. */
  private String anotherWriterAdds(int times) {
    try {
      Path elsewhere = Files.createTempDirectory(directory, "elsewhere");
      try (var other = ReplicatedDatabase.open(elsewhere, database.replica())) {
        for (int i = 0; i < times; i++) {
          other.execute("INSERT INTO t VALUES (4711)");
          other.checkpoint();
        }
        return other.contents();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void open_whileAnotherWriterAdds_judgesAgain() throws Exception {
    var theirs = new String[1];
    beforeTakingOver = () -> theirs[0] = anotherWriterAdds(1);
    database.open();
    assertThat(database.contents()).isEqualTo(theirs[0]);
    database.execute("INSERT INTO t VALUES (5)");
    database.awaitPosition();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  @Test
  void open_whileOthersKeepAdding_givesUp() {
    var races = new AtomicInteger();
    beforeTakingOver =
        new Runnable() {
          @Override
          public void run() {
            races.incrementAndGet();
            anotherWriterAdds(0);
            beforeTakingOver = this;
          }
        };
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("find the other one");
    assertThat(races).hasValue(5);
    beforeTakingOver = () -> {};
  }

  @Test
  void open_withTheFileGoneAndTheReplicaRolledBack_saysThatHistoryIsLost() throws Exception {
    LocalRecord record = record();
    database.deleteLocalFiles();
    withSeq(record, record.committed().seq() + 1).write(recordFile(), FileRights.BY_UMASK);
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("has lost history");
    assertThat(database.file()).doesNotExist();
  }

  @Test
  void open_withTheFileGoneAndAnotherLineage_saysSo() throws Exception {
    LocalRecord record = record();
    database.deleteLocalFiles();
    withLineage(record, UUID.randomUUID()).write(recordFile(), FileRights.BY_UMASK);
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("two histories");
    assertThat(database.file()).doesNotExist();
  }

  @Test
  void open_withAnotherLineageAndOnDivergeRestore_keepsTheFile() throws Exception {
    String head = database.restoredContents();
    withLineage(record(), UUID.randomUUID()).write(recordFile(), FileRights.BY_UMASK);
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("two histories");
    database.withPolicy(OpeningPolicy.DEFAULT.with(DivergePolicy.RESTORE));
    database.open();
    assertThat(database.contents()).isEqualTo(head);
    assertThat(directory)
        .isDirectoryContaining(path -> path.getFileName().toString().contains(".diverged-"));
  }

  private static LocalRecord withLineage(LocalRecord record, UUID lineage) {
    return with(record, lineage, record.committed());
  }

  /** A record of a changeset that the log does not have. */
  private static LocalRecord withSeq(LocalRecord record, long seq) {
    return with(record, record.lineage(), new LogPosition(seq, Digest.sha256(new byte[] {1})));
  }

  private static LocalRecord with(LocalRecord record, UUID lineage, LogPosition committed) {
    return new LocalRecord(
        lineage,
        record.replica(),
        committed,
        record.iteration(),
        record.wal(),
        record.headers(),
        record.metadata(),
        record.stamp(),
        null,
        false);
  }

  /** Both exist at one time, so they are two inodes: one that is free is given to the next file. */
  @Test
  void open_withAnotherDatabaseInItsPlace_hasDiverged() throws Exception {
    Files.delete(database.file("my.duckdb.wal"));
    Path replaced = database.file("replaced.duckdb");
    Files.move(database.file(), replaced);
    database.runPlain("CREATE TABLE other(a INTEGER)", "CHECKPOINT");
    Files.delete(replaced);
    byte[] before = Files.readAllBytes(database.file());
    assertThatThrownBy(database::open).isInstanceOf(DivergedException.class);
    assertThat(database.file()).hasBinaryContent(before);
  }

  /** The process was killed after its BASE had landed, and before it could note it. */
  @Test
  void open_withTheBaseLanded_isItsOwn() throws Exception {
    database.deleteLocalFiles();
    try (var files = Files.walk(database.replica())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
    database.open();
    database.execute(NO_CHECKPOINT, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.awaitPosition();
    database.stop();
    LogPosition head = record().committed();
    new LocalRecord(
            record().lineage(),
            record().replica(),
            LogPosition.START,
            0,
            0,
            Digest.ZERO,
            Digest.ZERO,
            record().stamp(),
            head,
            false)
        .write(recordFile(), FileRights.BY_UMASK);
    database.open();
    database.execute("INSERT INTO t VALUES (1)");
    database.checkpoint();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  @Test
  void open_withTheHeadHavingAnotherDigest_saysThatHistoryIsLost() throws Exception {
    LocalRecord record = record();
    withSeq(record, record.committed().seq()).write(recordFile(), FileRights.BY_UMASK);
    assertThatThrownBy(database::open)
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("has lost history")
        .hasMessageContaining("expected digest");
  }
}
