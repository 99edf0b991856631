package io.haduck.core.follower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.DivergedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.CountingStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a follower shows, from nothing and from what it left, and what it refuses. */
@Tag("compat")
class FollowerTest extends FollowedReplica {
  @Test
  void open_fromNothing_showsTheHeadAndFollows() throws Exception {
    write("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options(), shown)) {
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(1000);
      assertThat(own).doesNotExist();
      write("INSERT INTO t VALUES (1)");
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(1001);
      write("CHECKPOINT", "DELETE FROM t WHERE a < 500");
      awaitHead(follower, head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(500);
      assertThat(follower.status().state()).isEqualTo(FollowerStatus.State.AT_HEAD);
      assertThat(follower.status().seqsBehind()).isZero();
      assertThat(follower.status().copies()).isEqualTo(2);
      assertThat(follower.status().isTooOld()).isFalse();
    }
  }

  @Test
  void open_again_takesUpTheCopiesWithoutFetchingThem() throws Exception {
    write("CREATE TABLE t AS SELECT range AS a FROM range(500000)", "CHECKPOINT");
    for (int time = 0; time < 2; time++) {
      long fetched;
      try (var shown = new ShownDatabase();
          Follower follower = Follower.open(options(), shown)) {
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(500_000);
        fetched = follower.status().bytesFetched();
      }
      assertThat(fetched > 0).isEqualTo(time == 0);
    }
  }

  @Test
  void open_ofAnEmptyReplica_isAnErrorOrWaits() throws Exception {
    try (var shown = new ShownDatabase()) {
      assertThatThrownBy(() -> Follower.open(options(), shown))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("nothing to follow")
          .hasMessageContaining("start the writer first");
      var opened = new AtomicReference<Follower>();
      var opening =
          new Thread(() -> opened.set(Follower.open(options().withWaiting(MINUTE, MINUTE), shown)));
      opening.start();
      write("CREATE TABLE t AS SELECT 1 AS a");
      opening.join();
      awaitHead(opened.get(), head());
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(1);
      opened.get().close();
    }
  }

  @Test
  void open_overAFileWithUnsentChanges_isAnError() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    Path file = database.file();
    assertThat(Follower.unsentChanges(options(file))).as("open by its writer").isEmpty();
    database.close();
    assertThat(Follower.unsentChanges(options(file))).isEmpty();
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file);
        Statement statement = plain.createStatement()) {
      statement.execute("INSERT INTO t VALUES (2)");
    }
    assertThat(Follower.unsentChanges(options(file))).isPresent();
    try (var shown = new ShownDatabase()) {
      assertThatThrownBy(() -> Follower.open(options(file), shown))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("Open it once as a writer");
    }
  }

  @Test
  void open_twice_isAnErrorThatNamesTheLock() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options(), shown)) {
      assertThatThrownBy(
              () ->
                  Follower.open(options().withWaiting(Duration.ofMillis(50), Duration.ZERO), shown))
          .isInstanceOf(LocalFileException.class)
          .hasMessageContaining("haduck-follower/lock");
      assertThat(follower.status().state()).isEqualTo(FollowerStatus.State.AT_HEAD);
    }
  }

  @Test
  void replicaThatLostHistory_isSaidAndWhatIsShownStays() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    var passed = new AtomicLong();
    FollowerOptions options =
        options()
            .withClocks(
                () -> System.nanoTime() + passed.get() * 1_000_000,
                () -> Instant.now().plusMillis(passed.get()));
    try (var shown = new ShownDatabase();
        Follower follower = Follower.open(options, shown)) {
      database.close();
      deleteReplica();
      passed.set(Duration.ofMinutes(6).toMillis());
      await().atMost(MINUTE).until(() -> follower.status().state() == FollowerStatus.State.LOST);
      assertThat(follower.status().lag()).isGreaterThan(Duration.ofMinutes(5));
      assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(1);
    }
  }

  private void deleteReplica() throws Exception {
    try (Stream<Path> log = Files.list(database.replica().resolve("log"))) {
      for (Path object : log.toList()) {
        Files.delete(object);
      }
    }
  }

  @Test
  void anotherHistory_isFollowedAnewOnlyWhereThatIsAllowed() throws Exception {
    write("CREATE TABLE t AS SELECT range AS a FROM range(10)");
    try (var shown = new ShownDatabase()) {
      Follower.open(options(), shown).close();
    }
    database.close();
    deleteReplica();
    database.deleteLocalFiles();
    write("CREATE TABLE t AS SELECT range AS a FROM range(20)");
    try (var shown = new ShownDatabase()) {
      assertThatThrownBy(() -> Follower.open(options(), shown))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("delete the directory");
      try (Follower follower = Follower.open(options().withFreshWhenLost(true), shown)) {
        assertThat(shown.number("SELECT count(*) FROM t")).isEqualTo(20);
        assertThat(follower.status().problem()).isNull();
      }
    }
  }

  @Test
  void look_atAnIdleLog_costsOneRequest() throws Exception {
    write("CREATE TABLE t AS SELECT 1 AS a");
    try (var store = new CountingStore(new FileObjectStore(database.replica()));
        var shown = new ShownDatabase();
        Follower follower =
            Follower.open(
                FollowerOptions.of(own, store)
                    .withPolling(Duration.ofMillis(1), Duration.ofMillis(2)),
                shown)) {
      await().atMost(MINUTE).until(() -> follower.status().copies() == 2);
      long looks = follower.status().looks();
      long before = store.requests();
      await().atMost(MINUTE).until(() -> follower.status().looks() > looks + 50);
      assertThat(store.requests() - before)
          .isLessThanOrEqualTo(follower.status().looks() - looks + 1);
    }
  }
}
