package io.haduck.core.internal.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.watch.DatabaseObserver;
import io.haduck.core.internal.watch.Observation;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

@Tag("compat")
final class MetadataReviewTest {
  @TempDir Path directory;

  private Connection connection;
  private DatabaseObserver observer;

  @BeforeEach
  void open() throws Exception {
    Path path = directory.resolve("my.duckdb");
    connection = DriverManager.getConnection("jdbc:duckdb:" + path);
    execute(
        "CREATE TABLE t (i BIGINT, s VARCHAR)",
        "INSERT INTO t SELECT range, md5(range::VARCHAR) FROM range(300000)",
        "CHECKPOINT");
    observer = new DatabaseObserver(DatabaseFiles.open(path));
    observer.joinInstance();
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  private void execute(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** As once the log holds it. */
  private Observation committed() throws Exception {
    Observation seen = observer.observe();
    observer.committed(seen);
    return seen;
  }

  private void review(MetadataReview review, Observation seen) {
    review.beginIfWorthwhile(observer, seen);
    await().until(() -> !review.isRunning());
  }

  @Test
  void review_ofAHeader_leavesMetadataOnly() throws Exception {
    try (var review = new MetadataReview(1, () -> 0)) {
      Observation seen = committed();
      assertThat(seen.everything()).isTrue();
      review(review, seen);
      Observation after = observer.observe();
      assertThat(after.everything()).isFalse();
      assertThat(after.candidates()).isEqualTo(after.freeList().metadata());

      execute("INSERT INTO t SELECT range, 'new' FROM range(1000)", "CHECKPOINT");
      Observation next = observer.observe();
      RoaringBitmap untouched = RoaringBitmap.andNot(next.freeList().inUse(), next.candidates());
      assertThat(untouched.getCardinality()).isGreaterThan(5);
    }
  }

  @Test
  void review_whereLittleWouldBeRead_isNotBegun() throws Exception {
    try (var review = new MetadataReview(MetadataReview.WORTHWHILE_BYTES, () -> 0)) {
      review(review, committed());
      assertThat(observer.observe().everything()).isTrue();
    }
  }

  @Test
  void review_ofAHeaderThatHasMoved_leavesEAsItIs() throws Exception {
    try (var review = new MetadataReview(0, () -> 0)) {
      Observation seen = committed();
      execute("INSERT INTO t VALUES (1, 'one')", "CHECKPOINT");
      observer.observeHeaders();
      review(review, seen);
      assertThat(observer.observe().everything()).isTrue();
    }
  }

  @Test
  void review_beforeAMoveThatNobodySawYet_concludesNothing() throws Exception {
    try (var review = new MetadataReview(0, () -> 0)) {
      Observation seen = committed();
      execute("INSERT INTO t VALUES (1, 'one')", "CHECKPOINT");
      review(review, seen);
      assertThat(observer.observe().everything()).isTrue();
    }
  }

  @Test
  void review_rests_soThatItTakesAPartOfTheTimeOnly() throws Exception {
    long[] now = {0};
    try (var review = new MetadataReview(0, () -> now[0]++)) { // time passes when it is asked for
      review(review, committed());
      observer.joinInstance();
      now[0] = 0; // the rest has begun
      review(review, committed());
      assertThat(observer.observe().everything()).isTrue();
      now[0] = 1_000_000;
      review(review, committed());
      assertThat(observer.observe().everything()).isFalse();
    }
  }
}
