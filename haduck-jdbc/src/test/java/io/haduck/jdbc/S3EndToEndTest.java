package io.haduck.jdbc;

import static io.haduck.jdbc.Replicated.loseTheDisk;
import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.testing.EmbeddedS3;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the URL to a real S3 server and back. */
@Tag("compat")
class S3EndToEndTest {
  @TempDir Path directory;
  private EmbeddedS3 s3;

  @BeforeEach
  void start() {
    s3 = EmbeddedS3.inMemory();
  }

  @AfterEach
  void stop() {
    Haduck.shutdown();
    s3.close();
  }

  @Test
  void connect_afterTheDiskIsLost_bringsEveryRowBack() throws Exception {
    String before;
    try (Connection connection = connect("30s")) {
      run(
          connection,
          "CREATE TABLE t AS SELECT range AS a, md5(range::VARCHAR) AS b FROM range(400000)");
      CheckpointResult all = Haduck.checkpoint(connection);
      run(connection, "UPDATE t SET b = 'changed' WHERE a % 40000 = 7");
      run(connection, "CREATE VIEW v AS SELECT count(*) AS n FROM t WHERE b = 'changed'");
      CheckpointResult some = Haduck.checkpoint(connection);
      assertThat(some.blocks()).isLessThan(all.blocks());
      before = summary(connection);
    }
    Haduck.shutdown();
    loseTheDisk(directory);
    try (Connection connection = connect("30s")) {
      assertThat(summary(connection)).isEqualTo(before);
    }
  }

  @Test
  void checkpoint_whileTheServerIsGone_reportsItAndLeavesSqlAlone() throws Exception {
    try (Connection connection = connect("2s")) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      Haduck.checkpoint(connection);
      s3.close();
      run(connection, "INSERT INTO t VALUES (1)");
      assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
          .isInstanceOf(ReplicationPendingException.class)
          .hasMessageContaining("committed locally");
      run(connection, "INSERT INTO t VALUES (2)");
      assertThat(summary(connection)).startsWith("1002 ");
      assertThatThrownBy(connection::close).isInstanceOf(ReplicationPendingException.class);
      assertThat(connection.isClosed()).isTrue();
    }
  }

  @Test
  void connect_withAWrongSecret_saysSoWithoutShowingIt() {
    assertThatThrownBy(
            () ->
                DriverManager.getConnection(
                    url("2s").replace(EmbeddedS3.SECRET_KEY, "a-wrong-secret-key")))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("haduck-test")
        .hasMessageNotContaining("a-wrong-secret-key");
    assertThat(Files.exists(directory.resolve("my.duckdb"))).isFalse();
  }

  private Connection connect(String syncTimeout) throws SQLException {
    return DriverManager.getConnection(url(syncTimeout));
  }

  private String url(String syncTimeout) {
    return "jdbc:haduck:"
        + directory.resolve("my.duckdb")
        + ";haduck.s3.bucket="
        + EmbeddedS3.BUCKET
        + ";haduck.s3.endpoint="
        + s3.endpoint()
        + ";haduck.s3.access_key="
        + EmbeddedS3.ACCESS_KEY
        + ";haduck.s3.secret_key="
        + EmbeddedS3.SECRET_KEY
        + ";haduck.sync_timeout="
        + syncTimeout;
  }

  private static String summary(Connection connection) throws SQLException {
    return text(connection, "SELECT count(*) || ' ' || bit_xor(hash(t)) FROM t");
  }
}
