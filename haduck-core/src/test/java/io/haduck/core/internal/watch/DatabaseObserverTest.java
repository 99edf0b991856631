package io.haduck.core.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

@Tag("compat")
class DatabaseObserverTest {
  @TempDir Path directory;
  private Connection connection;
  private DatabaseObserver observer;

  @BeforeEach
  void open() throws Exception {
    Path file = directory.resolve("my.duckdb");
    connection = DriverManager.getConnection("jdbc:duckdb:" + file);
    run("CREATE TABLE t AS SELECT range AS a, md5(range::VARCHAR) AS b FROM range(200000)");
    connection.close();
    observer = new DatabaseObserver(DatabaseFiles.open(file));
    observer.beginInstance();
    connection = DriverManager.getConnection("jdbc:duckdb:" + file);
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  @Test
  void observe_afterOneCheckpoint_namesFewBlocks() throws Exception {
    run("CREATE TABLE u AS SELECT 1 AS a");
    run("CHECKPOINT");
    Observation seen = observer.observe();
    assertThat(seen.everything()).isFalse();
    assertThat(seen.candidates().getCardinality())
        .isPositive()
        .isLessThan(seen.freeList().inUse().getCardinality());
    assertThat(observer.missedIterations()).isZero();
  }

  @Test
  void observe_afterAnIterationThatNobodySaw_namesEverything() throws Exception {
    run("CREATE TABLE u AS SELECT 1 AS a");
    run("CHECKPOINT");
    run("CREATE TABLE v AS SELECT 1 AS a");
    run("CHECKPOINT");
    Observation seen = observer.observe();
    assertThat(seen.everything()).isTrue();
    assertThat(seen.candidates()).isEqualTo(seen.freeList().inUse());
    assertThat(observer.missedIterations()).isEqualTo(1);
  }

  /** As 1.4 may list a block of an index: DuckDB may write to it, and a copy needs it. */
  @Test
  void use_ofAFreeBlock_leavesItACandidate_inTheNextInstanceToo() throws Exception {
    run("DROP TABLE t");
    run("CHECKPOINT");
    Observation seen = observer.observe();
    RoaringBitmap free = seen.freeList().free().limit(1);
    assertThat(free.isEmpty()).isFalse();
    assertThat(observer.use(seen.headers(), free)).isTrue();
    assertThat(observer.observe().freeList().inUse().contains(free)).isTrue();
    assertThat(observer.observe().candidates().contains(free)).isTrue();
    connection.close();
    assertThat(observer.beginInstance().candidates().contains(free)).isTrue();
    assertThat(observer.beginRestart(observer.observe())).isTrue();
    observer.finishRestart(observer.observe(), new RoaringBitmap());
    assertThat(observer.observe().candidates().contains(free)).isTrue();
  }

  @Test
  void mayHaveChanged_afterACheckpoint_isTrueUntilLookedAtLongAfter() throws Exception {
    run("CREATE TABLE u AS SELECT 1 AS a");
    run("CHECKPOINT");
    assertThat(observer.mayHaveChanged()).isTrue();
    org.awaitility.Awaitility.await()
        .until(
            () -> {
              observer.observeMoment();
              return !observer.mayHaveChanged();
            });
    run("CREATE TABLE v AS SELECT 1 AS a");
    run("CHECKPOINT");
    assertThat(observer.mayHaveChanged()).isTrue();
  }

  /** Whenever it happens: the look sees the commits that were there, or says what was done. */
  @Test
  void sight_withTheWalDeletedInItsMidst_neverTakesCommitsBack() throws Exception {
    Path file = directory.resolve("my.duckdb");
    Path wal = directory.resolve("my.duckdb.wal");
    run("INSERT INTO t VALUES (1, 'one')");
    byte[] bytes = Files.readAllBytes(wal);
    var deleted = new AtomicBoolean(true);
    for (int step = 0; deleted.get(); step++) {
      Files.write(wal, bytes);
      deleted.set(false);
      var left = new AtomicInteger(-1);
      var paused =
          new DatabaseObserver(
              DatabaseFiles.open(file),
              (operation, path) -> {
                if (left.getAndDecrement() == 0) {
                  deleted.set(wal.toFile().delete());
                }
              });
      long end = paused.observeMoment().wal().end();
      assertThat(end).isPositive();
      left.set(step);
      try {
        assertThat(paused.observeMoment().wal().end()).as("step %s", step).isEqualTo(end);
      } catch (LocalFileException expected) {
        assertThat(expected).hasMessageContaining("deleted by somebody else");
      }
      if (deleted.get()) {
        assertThatThrownBy(paused::observeMoment).isInstanceOf(LocalFileException.class);
      }
      paused.wal().close();
    }
  }

  /** Whichever of the many calls on its path noticed it first. */
  @Test
  void unreadable_ofADeletedFile_saysThatItWasDeleted() throws Exception {
    Path file = directory.resolve("my.duckdb");
    observer.observeMoment();
    assertThat(observer.unreadable(new IOException("bad sector")))
        .hasMessageContainingAll("cannot read", file.toString(), "bad sector");
    Files.move(file, directory.resolve("other.duckdb"));
    assertThat(observer.unreadable(new NoSuchFileException(file.toString())))
        .hasMessageContainingAll(file.toString(), "deleted or replaced");
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
