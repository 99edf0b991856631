package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.loseTheDisk;
import static io.haduck.jdbc.Replicated.status;
import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.UnavailableException;
import io.haduck.core.replica.ReplicatorStatus.State;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.FaultyProxy;
import io.haduck.testing.internal.FaultyProxy.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server that takes connections and never answers: nobody waits for a request of his for as long
 * as the SDK would try, three times 30 s. With a short {@code sync_timeout} each request has 5 s.
 */
@Timeout(120)
final class SilentStoreTest {
  @TempDir Path directory;
  private EmbeddedS3 server;
  private FaultyProxy proxy;

  @BeforeEach
  void start() throws IOException {
    server = EmbeddedS3.inMemory();
    proxy = new FaultyProxy(server.endpoint(), 1);
    proxy.stall(Duration.ofMinutes(10));
  }

  @AfterEach
  void stop() throws IOException {
    proxy.heal();
    Haduck.shutdown();
    proxy.close();
    server.close();
  }

  /** What is asked from now on is never answered, also when the store is well again. */
  private void fallSilent() {
    proxy.rate(Fault.STALL, 1);
  }

  private Path file() {
    return directory.resolve("my.duckdb");
  }

  private String url() {
    var url = new StringBuilder("jdbc:haduck:" + file());
    url.append(";haduck.replica=s3://" + EmbeddedS3.BUCKET + "/backup;haduck.durability=commit");
    url.append(";haduck.sync_timeout=300ms;haduck.linger=0s");
    proxy
        .settings(server.settings())
        .forEach((key, value) -> url.append(";haduck." + key + "=" + value));
    return url.toString();
  }

  /** A slow machine may need more than {@code sync_timeout} for the first ones. */
  private Connection connect() {
    return await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptionsInstanceOf(SQLException.class)
        .until(() -> DriverManager.getConnection(url()), connection -> true);
  }

  private static void awaitInSync(Connection connection) {
    await().atMost(Duration.ofSeconds(30)).until(() -> status(connection).state() == State.IN_SYNC);
  }

  private void begin(String... statements) throws SQLException {
    try (Connection connection = connect()) {
      for (String statement : statements) {
        try {
          run(connection, statement);
        } catch (ReplicationPendingException e) {
          awaitInSync(connection);
        }
      }
      awaitInSync(connection);
    } catch (ReplicationPendingException e) {
      assertThat(e.getMessage()).contains("committed"); // it is sent at the next opening
    }
  }

  @Test
  void opening_isAnErrorAfterTheTimeOfOneRequest() throws Exception {
    begin("CREATE TABLE t (a INTEGER)");
    fallSilent();
    assertThatThrownBy(() -> DriverManager.getConnection(url()))
        .isInstanceOf(SQLException.class)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).startsWith("08"))
        .hasMessageContaining("does not answer, and another writer may own it")
        .hasMessageContaining("no answer within 5000 ms");
  }

  @Test
  void opening_whereOnlyObjectsAreNotAnswered_isAnErrorToo() throws Exception {
    begin("CREATE TABLE t (a INTEGER)");
    proxy.stall(request -> request.startsWith("GET ") && request.contains(".changeset"));
    assertThatThrownBy(() -> DriverManager.getConnection(url()))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("no answer within 5000 ms");
  }

  @Test
  void opening_withOfflineAllow_opens() throws Exception {
    begin("CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)");
    fallSilent();
    String offline =
        url().replace("durability=commit", "durability=async") + ";haduck.offline=allow";
    try (Connection connection = DriverManager.getConnection(offline)) {
      assertThat(count(connection, "t")).isEqualTo(1);
    }
  }

  @Test
  void commit_isPending_andSentSoonWhenTheStoreIsWellAgain() throws Exception {
    begin("CREATE TABLE t (a INTEGER)");
    try (Connection connection = connect()) {
      fallSilent();
      assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (1)"))
          .isInstanceOf(ReplicationPendingException.class)
          .hasMessageContaining("committed locally");
      proxy.heal(); // the request that is under way stays without an answer
      awaitInSync(connection);
    }
    loseTheDisk(directory);
    try (Connection connection = connect()) {
      assertThat(count(connection, "t")).isEqualTo(1);
    }
  }

  @Test
  void close_endsTheReplication_andTheNextOpeningSendsWhatIsLeft() throws Exception {
    begin("CREATE TABLE t (a INTEGER)");
    Connection connection = connect();
    fallSilent();
    assertThatThrownBy(() -> run(connection, "INSERT INTO t VALUES (1)"))
        .isInstanceOf(ReplicationPendingException.class);
    assertThatThrownBy(connection::close).isInstanceOf(ReplicationPendingException.class);
    proxy.heal();
    try (Connection again = connect()) {
      awaitInSync(again);
    }
    loseTheDisk(directory);
    try (Connection restored = connect()) {
      assertThat(count(restored, "t")).isEqualTo(1);
    }
  }

  @Test
  void restoreAndVerify_areErrorsAfterTheTimeOfOneRequest() throws Exception {
    begin("CREATE TABLE t (a INTEGER)");
    Path copy = directory.resolve("copy.duckdb");
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      fallSilent();
      assertThatThrownBy(() -> Haduck.restore(RestoreRequest.latest(replica, copy)))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no answer within 5000 ms");
    }
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      assertThatThrownBy(() -> Haduck.verify(replica, VerifyProgress.none()))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no answer within 5000 ms");
    }
    assertThat(Files.exists(copy)).isFalse();
  }

  @Test
  void restore_ofObjectsThatAreNotAnswered_isAnErrorToo() throws Exception {
    begin(
        "CREATE TABLE t AS SELECT range AS a, hash(range) AS b FROM range(2000000)", "CHECKPOINT");
    Path copy = directory.resolve("copy.duckdb");
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      proxy.stall(request -> request.startsWith("GET ") && request.contains(".segment"));
      assertThatThrownBy(() -> Haduck.restore(RestoreRequest.latest(replica, copy)))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no answer within"); // of one request, or of those so far
      assertThat(Files.exists(copy)).isFalse();
      proxy.heal();
    }
    try (ObjectStore replica = Haduck.replica(url(), new Properties())) {
      Haduck.restore(RestoreRequest.latest(replica, copy));
      assertThat(Files.exists(copy)).isTrue();
    }
  }
}
