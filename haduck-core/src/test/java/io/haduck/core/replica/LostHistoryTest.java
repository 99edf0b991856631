package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.FencedException;
import io.haduck.core.Ticker;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that loses its history, or gets another writer, under a running one. */
class LostHistoryTest {
  private final AtomicLong ahead = new AtomicLong();
  private final Ticker ticker = () -> System.nanoTime() + ahead.get();

  @TempDir Path directory;
  private ReplicatedDatabase database;

  @BeforeEach
  void open() throws Exception {
    database =
        ReplicatedDatabase.in(directory)
            .withOptions(options -> options.withTicker(ticker))
            .withSyncInterval(Duration.ofMillis(20));
    database.open();
    database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    database.checkpoint();
  }

  @AfterEach
  void close() throws Exception {
    database.connection().close();
    database.abandon();
  }

  private void letPass(Duration time) {
    ahead.addAndGet(time.toNanos());
  }

  private Path log() {
    return database.replica().resolve("log");
  }

  /** Takes all objects away. */
  private Path expire() throws Exception {
    return Files.move(log(), database.replica().resolveSibling("expired"));
  }

  private void failsWith(String message) {
    await()
        .untilAsserted(
            () -> {
              ReplicatorStatus status = database.replicator().status();
              assertThat(status.state()).isEqualTo(ReplicatorStatus.State.FAILING);
              assertThat(status.lastError()).contains(message).contains("haduck.name");
            });
  }

  @Test
  void write_afterTheReplicaWasEmptied_isNotAcknowledged() throws Exception {
    Path kept = expire();
    letPass(Duration.ofSeconds(16));
    database.execute("INSERT INTO t VALUES (1)");
    failsWith("has lost history");
    assertThat(database.replicator().holds(database.replicator().position())).isFalse();
    try (Stream<Path> written = Files.exists(log()) ? Files.list(log()) : Stream.empty()) {
      assertThat(written).isEmpty();
    }
    // Somebody brings it back.
    Files.deleteIfExists(log());
    Files.move(kept, log());
    letPass(Duration.ofMinutes(1));
    database.awaitInSync();
    assertThat(database.restoredContents()).isEqualTo(database.contents());
  }

  @Test
  void idle_afterTheReplicaWasEmptied_saysSo() throws Exception {
    expire();
    letPass(Duration.ofMinutes(11));
    failsWith("has lost history");
    assertThat(database.replicator().holds(database.replicator().position())).isFalse();
  }

  @Test
  void idle_afterTheReplicaWasRolledBack_saysSo() throws Exception {
    database.execute("INSERT INTO t VALUES (1)");
    database.awaitPosition();
    long last = database.replicator().status().seq();
    Files.delete(log().resolve(String.format("%020d.changeset", last)));
    letPass(Duration.ofMinutes(11));
    failsWith("expected seq " + last);
  }

  @Test
  void idle_afterAnotherWriterAdded_isFenced() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (var other = ReplicatedDatabase.open(elsewhere, database.replica())) {
      other.awaitInSync();
      letPass(Duration.ofMinutes(11));
      FencedException fenced =
          await().until(() -> database.replicator().fenced(), found -> found != null);
      assertThat(fenced).hasMessageContaining("another writer has added seq");
    }
  }

  @Test
  void idle_afterAnotherWriterAddedAndDeletedWhatWasNext_isFenced() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    long last = database.replicator().status().seq();
    try (var other = ReplicatedDatabase.open(elsewhere, database.replica())) {
      other.execute("INSERT INTO t VALUES (1)");
      other.awaitPosition();
    }
    Files.delete(log().resolve(String.format("%020d.changeset", last + 1)));
    letPass(Duration.ofMinutes(11));
    FencedException fenced =
        await().until(() -> database.replicator().fenced(), found -> found != null);
    assertThat(fenced).hasMessageContaining("another writer has added seq " + (last + 2));
  }
}
