package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.PositionToken;
import io.haduck.core.follower.AwaitOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A writer, and a standby in another directory; the shortest lease. */
abstract class StandbyPair {
  static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;

  @AfterEach
  void end() throws Exception {
    Haduck.shutdown();
  }

  String url(String place, String more) throws Exception {
    return "jdbc:haduck:"
        + Files.createDirectories(directory.resolve(place)).resolve("my.duckdb")
        + ";haduck.replica="
        + replica(place)
        + ";haduck.durability=commit;haduck.linger=0s;haduck.lease_ttl=2s;haduck.name=my.duckdb;haduck.label="
        + place
        + more;
  }

  /** Where a place finds the replica. */
  String replica(String place) {
    return "file:" + directory.resolve("replica");
  }

  Path file(String place) {
    return directory.resolve(place).resolve("my.duckdb");
  }

  Connection write(String place) throws Exception {
    return DriverManager.getConnection(url(place, ""));
  }

  Connection standBy(String place) throws Exception {
    return DriverManager.getConnection(standbyUrl(place));
  }

  String standbyUrl(String place) throws Exception {
    return url(place, ";haduck.mode=standby;haduck.poll_interval=50ms");
  }

  static void makeTable(Connection writer) throws Exception {
    run(writer, "CREATE TABLE t AS SELECT range AS i FROM range(1000)");
    run(writer, "CHECKPOINT");
    run(writer, "INSERT INTO t VALUES (-1)");
  }

  /** The standby shows what the writer has committed by now. */
  static void catchUp(Connection standby, Connection writer) throws Exception {
    PositionToken position = PositionToken.parse(Haduck.position(writer).toString());
    assertThat(Haduck.awaitPosition(standby, position, SOON)).isEqualTo(AwaitOutcome.REACHED);
  }

  static void awaitPromotion(Connection standby) {
    await()
        .atMost(SOON)
        .until(() -> Haduck.status(standby).role() == DatabaseRole.WRITER && !isReadOnly(standby));
  }

  private static boolean isReadOnly(Connection connection) throws SQLException {
    return connection.isReadOnly();
  }
}
