package io.haduck.core.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.duckdb.DatabaseFile;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    observer = new DatabaseObserver(DatabaseFile.open(file), InstantSource.system());
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

  @Test
  void mayHaveChanged_afterACheckpoint_isTrueUntilLookedAtLongAfter() throws Exception {
    run("CREATE TABLE u AS SELECT 1 AS a");
    run("CHECKPOINT");
    assertThat(observer.mayHaveChanged()).isTrue();
    org.awaitility.Awaitility.await()
        .until(
            () -> {
              observer.sight();
              return !observer.mayHaveChanged();
            });
    run("CREATE TABLE v AS SELECT 1 AS a");
    run("CHECKPOINT");
    assertThat(observer.mayHaveChanged()).isTrue();
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
