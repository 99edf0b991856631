package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.UnavailableException;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.FaultInjectingStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A follower is opened while its replica does not answer. */
@Tag("compat")
class UnreachedReplicaTest extends FollowedReplica {
  private final AtomicLong passedMillis = new AtomicLong();
  private FaultInjectingStore store;

  @BeforeEach
  void makeAStore() {
    store = unreachable(database.replica());
  }

  private static FaultInjectingStore unreachable(Path replica) {
    var files = new FileObjectStore(replica);
    return new FaultInjectingStore(files, 1).named(files.toString());
  }

  private FollowerOptions unreached() {
    return FollowerOptions.of(own, store)
        .withPolling(Duration.ofMillis(10), Duration.ofMillis(20))
        .withWaiting(Duration.ofMillis(50), Duration.ZERO)
        .withClocks(() -> System.nanoTime(), () -> Instant.now().plusMillis(passedMillis.get()));
  }

  /** Leaves two copies of a table with rows. */
  private void follow(int rows) throws Exception {
    write("CREATE TABLE t AS SELECT range AS a FROM range(" + (rows - 1) + ")", "CHECKPOINT");
    write("INSERT INTO t VALUES (-1)");
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options(), shown)) {
      await().atMost(MINUTE).until(() -> follower.status().copies() == 2);
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(rows);
    }
    store.outage(true);
  }

  private Path copy(int number) {
    return own.resolveSibling("my.duckdb.haduck-follower/" + number + "/my.duckdb");
  }

  @Test
  void open_whereAWholeCopyIsHere_servesIt_andGoesOnWhenTheReplicaAnswers() throws Exception {
    follow(100);
    passedMillis.set(Duration.ofHours(1).toMillis());
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(unreached().withMaxLag(Duration.ofMinutes(30)), shown)) {
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(100);
      FollowerStatus status = follower.status();
      assertThat(status.state()).isEqualTo(FollowerStatus.State.FAILING);
      assertThat(status.problem()).isInstanceOf(UnavailableException.class);
      assertThat(status.failingSince()).isNotNull();
      assertThat(status.shown().seq()).isEqualTo(head());
      assertThat(status.lag()).isBetween(Duration.ofHours(1), Duration.ofHours(2));
      assertThat(status.isTooOld()).isTrue();
      assertThat(follower.await(token(), Duration.ofSeconds(1))).isEqualTo(AwaitOutcome.REACHED);

      store.outage(false);
      await().atMost(MINUTE).until(() -> follower.status().problem() == null);
      assertThat(follower.status().isTooOld()).isFalse();
      write("INSERT INTO t VALUES (-2)");
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(101);
      write("CHECKPOINT", "DELETE FROM t WHERE a < 50");
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(49);
    }
  }

  @Test
  void open_whereACopyIsHere_ofAStateThatIsNotTheHeadAnyMore_catchesUp() throws Exception {
    follow(10);
    write("INSERT INTO t VALUES (-2)", "CHECKPOINT", "INSERT INTO t VALUES (-3)");
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(unreached(), shown)) {
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(10);
      assertThat(follower.await(token(), Duration.ofMillis(1))).isEqualTo(AwaitOutcome.TIMED_OUT);
      store.outage(false);
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(12);
      assertThat(follower.await(token(), Duration.ofSeconds(1))).isEqualTo(AwaitOutcome.REACHED);
    }
  }

  /** Only the wall clock outlives a process. */
  @Test
  void open_afterTheClockWasSetBack_saysThatTheAgeIsNotKnown() throws Exception {
    follow(10);
    passedMillis.set(-Duration.ofHours(1).toMillis());
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(unreached().withMaxLag(Duration.ofDays(365)), shown)) {
      assertThat(follower.status().isTooOld()).isTrue();
    }
  }

  @Test
  void open_whereNothingIsHere_isAnError_orWaits() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    store.outage(true);
    try (var shown = new ShownDatabase()) {
      assertThatThrownBy(() -> Follower.open(unreached(), shown))
          .isInstanceOf(UnavailableException.class);
      var opening =
          CompletableFuture.supplyAsync(
              () -> Follower.open(unreached().withWaiting(MINUTE, MINUTE), shown));
      store.outage(false);
      try (Follower follower = opening.get()) {
        assertThat(follower.status().problem()).isNull();
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"wal cut", "wal missing", "wal changed", "wal.checkpoint", "database", "written"})
  void open_whereNoCopyIsAsItWasWritten_isAnError(String damage) throws Exception {
    follow(10);
    for (int number = 1; number <= 2; number++) {
      damage(damage, number);
    }
    try (var shown = new ShownDatabase()) {
      assertThatThrownBy(() -> Follower.open(unreached(), shown))
          .isInstanceOf(UnavailableException.class);
      assertThat(shown.shown()).isEmpty();
      store.outage(false);
      try (Follower follower = Follower.open(unreached(), shown)) {
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(10);
        assertThat(follower.status().problem()).isNull();
      }
    }
  }

  private void damage(String how, int number) throws IOException {
    Path copy = copy(number);
    Path wal = copy.resolveSibling("my.duckdb.wal");
    byte[] bytes = Files.readAllBytes(wal);
    switch (how) {
      case "wal cut" -> Files.write(wal, Arrays.copyOf(bytes, bytes.length - 9));
      case "wal missing" -> Files.delete(wal);
      case "wal changed" -> Files.write(wal, bytes);
      case "wal.checkpoint" ->
          Files.write(copy.resolveSibling("my.duckdb.wal.checkpoint"), new byte[0]);
      case "database" -> Files.write(copy, Files.readAllBytes(copy));
      default -> {
        var journal = new CopyJournal(copy.resolveSibling("haduck-journal"));
        CopyCondition noted = journal.read().orElseThrow();
        journal.write(CopyCondition.dirty(noted.lineage(), noted.position(), null));
      }
    }
  }

  /** The newest that is whole, not the newest. */
  @Test
  void open_whereOneCopyWasBeingWritten_servesTheOther() throws Exception {
    follow(10);
    damage("written", 1);
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(unreached(), shown)) {
      assertThat(shown.shown().get(0).database()).isEqualTo(copy(2).toRealPath());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(10);
      store.outage(false);
      write("INSERT INTO t VALUES (-2)");
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(11);
    }
  }

  @Test
  void open_overAFile_orOfAnotherReplica_isAnError() throws Exception {
    follow(10);
    try (var shown = new ShownDatabase()) {
      FaultInjectingStore other = unreachable(directory.resolve("another"));
      other.outage(true);
      FollowerOptions another =
          FollowerOptions.of(own, other).withWaiting(Duration.ofMillis(50), Duration.ZERO);
      assertThatThrownBy(() -> Follower.open(another, shown))
          .isInstanceOf(UnavailableException.class);
      try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + own)) {
        assertThat(plain.isClosed()).isFalse();
      }
      assertThatThrownBy(() -> Follower.open(unreached(), shown))
          .as("it may have changes that were not sent")
          .isInstanceOf(UnavailableException.class);
      assertThat(shown.shown()).isEmpty();
    }
  }

  @Test
  void replicaThatHoldsAnotherHistory_whenItAnswers_isSaid_andWhatIsShownStays() throws Exception {
    follow(10);
    database.close();
    try (Stream<Path> log = Files.list(database.replica().resolve("log"))) {
      for (Path object : log.toList()) {
        Files.delete(object);
      }
    }
    database.deleteLocalFiles();
    write("CREATE TABLE t AS SELECT range AS a FROM range(20)");
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(unreached(), shown)) {
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(10);
      store.outage(false);
      await().atMost(MINUTE).until(() -> follower.status().state() == FollowerStatus.State.LOST);
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(10);
    }
    store.outage(true);
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(unreached().withFreshWhenLost(true), shown)) {
      store.outage(false);
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(20);
    }
  }
}
