package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.status;
import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.replica.ReplicatorStatus.State;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.FaultyProxy;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What S3 may say to a database that is open, or is being opened: none of it stops local SQL, the
 * status says since when and why, and it goes on by itself when the cause is gone.
 */
@Timeout(300)
final class S3TroubleTest {
  @TempDir Path directory;
  private EmbeddedS3 server;
  private FaultyProxy proxy;

  @BeforeEach
  void start() throws IOException {
    server = EmbeddedS3.inMemory();
    proxy = new FaultyProxy(server.endpoint(), 1);
  }

  @AfterEach
  void stop() throws IOException {
    proxy.heal();
    Haduck.shutdown();
    proxy.close();
    server.close();
  }

  private static boolean isAny(String request) {
    return !request.isEmpty();
  }

  private static boolean lists(String request) {
    return request.contains("list-type=2");
  }

  private static boolean gets(String request) {
    return request.startsWith("GET ") && !request.contains("?");
  }

  private static boolean puts(String request) {
    return request.startsWith("PUT ");
  }

  private Connection connect(String... options) throws SQLException {
    var url = new StringBuilder("jdbc:haduck:" + directory.resolve("my.duckdb"));
    url.append(";haduck.replica=s3://" + EmbeddedS3.BUCKET + "/backup");
    url.append(";haduck.sync_timeout=2s");
    if (List.of(options).stream().noneMatch(option -> option.contains("durability"))) {
      url.append(";haduck.durability=commit");
    }
    proxy
        .settings(server.settings())
        .forEach((key, value) -> url.append(";haduck." + key + "=" + value));
    return DriverManager.getConnection(url + String.join("", options));
  }

  private static void awaitInSync(Connection connection) {
    await().atMost(Duration.ofSeconds(60)).until(() -> status(connection).state() == State.IN_SYNC);
  }

  /** What an empty disk would get back. */
  private void assertRestores(long rows) throws Exception {
    Haduck.shutdown();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    try (Connection connection = connect()) {
      assertThat(count(connection, "t")).isEqualTo(rows);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400,ExpiredToken,haduck.s3.session_token",
    "403,InvalidAccessKeyId,haduck.s3.access_key",
    "403,SignatureDoesNotMatch,haduck.s3.secret_key",
    "403,AccessDenied,s3:PutObject",
    "404,NoSuchBucket,Create the bucket",
    "301,PermanentRedirect,set haduck.s3.region to eu-central-1",
    "503,SlowDown,SlowDown",
    "500,InternalError,InternalError"
  })
  void whileItIsOpen_commitsArePending_andGoOnByThemselves(int status, String code, String hint)
      throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      Instant before = Instant.now();
      proxy.answer(S3TroubleTest::isAny, status, code, "x-amz-bucket-region: eu-central-1");
      assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (1)"))
          .isInstanceOf(ReplicationPendingException.class);
      await().until(() -> status(connection).state() == State.FAILING);
      assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (2)"))
          .isInstanceOf(ReplicationPendingException.class)
          .hasMessageContaining("committed locally")
          .hasMessageContaining("s3://haduck-test/backup/my.duckdb")
          .hasMessageContaining(code)
          .hasMessageContaining(hint)
          .hasMessageContaining("since")
          .hasMessageNotContaining(EmbeddedS3.SECRET_KEY);
      assertThat(count(connection, "t")).isEqualTo(2);
      ReplicatorStatus failing = status(connection);
      assertThat(failing.failingSince()).isBetween(before, Instant.now());
      assertThat(failing.lastError()).contains(hint);
      proxy.heal();
      awaitInSync(connection);
      assertThat(status(connection).failingSince()).isNull();
      assertThat(status(connection).lastError()).isNull();
      run(connection, "INSERT INTO t VALUES (3)");
    }
    assertRestores(3);
  }

  @Test
  void clockSkew_namesTheDifference() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      proxy.answer(
          S3TroubleTest::isAny, 403, "RequestTimeTooSkewed", "Date: Thu, 01 Jan 2026 00:00:00 GMT");
      assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (1)"))
          .isInstanceOf(ReplicationPendingException.class);
      await().until(() -> status(connection).state() == State.FAILING);
      assertThat(status(connection).lastError())
          .contains("the store 2026-01-01T00:00:00Z; this machine is ", " s ahead");
      proxy.heal();
      awaitInSync(connection);
    }
    assertRestores(1);
  }

  @Test
  void outage_ofAServerThatRefusesConnections_isCaughtUp() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      proxy.outage(true);
      for (int i = 0; i < 3; i++) {
        int row = i;
        assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (" + row + ")"))
            .isInstanceOf(ReplicationPendingException.class);
      }
      await().until(() -> status(connection).state() == State.FAILING);
      assertThat(status(connection).lastError()).contains("Connection refused");
      proxy.outage(false);
      awaitInSync(connection);
    }
    assertRestores(3);
  }

  /** DuckDB's own checkpoints keep the WAL short, as they do without haduck. */
  @Test
  void whileItFails_noCheckpointIsHeld() throws Exception {
    try (Connection connection = connect(";haduck.durability=async")) {
      run(connection, "SET checkpoint_threshold = '1MB'");
      run(connection, "CREATE TABLE t AS SELECT range AS a, hash(range) AS b FROM range(3000000)");
      awaitInSync(connection);
      proxy.outage(true);
      run(connection, "INSERT INTO t VALUES (1, 1)");
      await().until(() -> status(connection).state() == State.FAILING);
      String threshold = threshold(connection);
      Path wal = directory.resolve("my.duckdb.wal");
      for (int i = 0; i < 30; i++) {
        run(connection, "UPDATE t SET b = hash(a + " + i + ") WHERE a % 30 = " + i);
        assertThat(threshold(connection)).isEqualTo(threshold);
        assertThat(Files.exists(wal) ? Files.size(wal) : 0).isLessThan(12 << 20);
      }
      assertThat(status(connection).state()).isEqualTo(State.FAILING);
      proxy.outage(false);
      awaitInSync(connection);
    }
  }

  private static String threshold(Connection connection) throws SQLException {
    return text(connection, "SELECT current_setting('checkpoint_threshold')");
  }

  @Test
  void withoutPermissionToList_commitsGoOn_andOpeningSaysIt() throws Exception {
    try (Connection connection = connect(";haduck.linger=0s")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      proxy.answer(S3TroubleTest::lists, 403, "AccessDenied");
      run(connection, "INSERT INTO t VALUES (1)");
    }
    assertThatThrownBy(this::connect)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("listing s3://haduck-test/backup/my.duckdb")
        .hasMessageContaining("403 AccessDenied")
        .hasMessageContaining("s3:ListBucket");
    proxy.heal();
    assertRestores(1);
  }

  @Test
  void withoutPermissionToRead_commitsGoOn_andOpeningSaysIt() throws Exception {
    try (Connection connection = connect(";haduck.linger=0s")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      proxy.answer(S3TroubleTest::gets, 403, "AccessDenied");
      run(connection, "INSERT INTO t VALUES (1)");
    }
    assertThatThrownBy(this::connect)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("reading s3://haduck-test/backup/my.duckdb/log/")
        .hasMessageContaining("s3:GetObject");
    proxy.heal();
    assertRestores(1);
  }

  @Test
  void withoutPermissionToWrite_openingSaysIt_andChangesNothing() throws Exception {
    try (Connection connection = connect(";haduck.linger=0s")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
    }
    proxy.answer(S3TroubleTest::puts, 403, "AccessDenied");
    assertThatThrownBy(this::connect)
        .isInstanceOf(SQLException.class)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("08"))
        .hasMessageContaining("writing s3://haduck-test/backup/my.duckdb/lease")
        .hasMessageContaining("s3:PutObject");
    proxy.heal();
    assertRestores(0);
  }

  @Test
  void archivedObjects_areNamedAtOpening() throws Exception {
    try (Connection connection = connect(";haduck.linger=0s")) {
      run(connection, "CREATE TABLE t (a INTEGER)");
    }
    proxy.answer(S3TroubleTest::gets, 403, "InvalidObjectState");
    assertThatThrownBy(this::connect)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("moved to an archive")
        .hasMessageContaining("/log/0000");
    proxy.heal();
    assertRestores(0);
  }

  @Test
  void bucketThatIsMissingAtOpening_isNamed() throws Exception {
    server.deleteBucket(EmbeddedS3.BUCKET);
    assertThatThrownBy(this::connect)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("NoSuchBucket")
        .hasMessageContaining("Create the bucket");
    assertThat(directory.resolve("my.duckdb")).doesNotExist();
  }

  /** It comes back empty: what was in it is lost, and no commit may be called durable there. */
  @Test
  void bucketThatIsDeletedWhileItIsOpen_isNamed_andAnEmptyOneIsNotTrusted() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE t (a INTEGER)");
      server.deleteBucket(EmbeddedS3.BUCKET);
      assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (1)"))
          .isInstanceOf(ReplicationPendingException.class);
      await().until(() -> status(connection).state() == State.FAILING);
      assertThat(status(connection).lastError()).contains("NoSuchBucket", "Create the bucket");
      server.createBucket(EmbeddedS3.BUCKET);
      await().until(() -> status(connection).state() == State.FENCED);
      assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (2)"))
          .isInstanceOf(SQLException.class)
          .isNotInstanceOf(ReplicationPendingException.class);
    } catch (SQLException closing) {
      assertThat(closing.getSQLState()).startsWith("08");
    }
  }
}
