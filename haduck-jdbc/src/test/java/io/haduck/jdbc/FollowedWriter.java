package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.PositionToken;
import io.haduck.core.follower.AwaitOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A database that is written, and may be followed from another directory; both in one JVM. */
abstract class FollowedWriter {
  static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;
  Connection writer;

  @BeforeEach
  void write() throws Exception {
    writer = DriverManager.getConnection(url("writer", ";haduck.label=orders-1"));
    run(writer, "CREATE TABLE t AS SELECT range AS i FROM range(1000)");
    run(writer, "CHECKPOINT");
  }

  @AfterEach
  void end() throws Exception {
    writer.close();
    Haduck.shutdown();
  }

  String url(String place, String more) throws Exception {
    return "jdbc:haduck:"
        + Files.createDirectories(directory.resolve(place)).resolve("my.duckdb")
        + ";haduck.replica=file:"
        + directory.resolve("replica")
        + ";haduck.durability=commit;haduck.linger=0s"
        + more;
  }

  String followerUrl() throws Exception {
    return url("follower", ";haduck.mode=follower;haduck.poll_interval=50ms");
  }

  Connection follow() throws Exception {
    return DriverManager.getConnection(followerUrl());
  }

  /** The follower shows what the writer has committed by now. */
  void catchUp(Connection follower) throws Exception {
    PositionToken position = PositionToken.parse(Haduck.position(writer).toString());
    assertThat(Haduck.awaitPosition(follower, position, SOON)).isEqualTo(AwaitOutcome.REACHED);
  }
}
