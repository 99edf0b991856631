package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import io.haduck.testing.internal.OtherProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A directory with databases of which some are attached, and what tests say to attach them. */
abstract class Attaching {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
    assertThat(OfThisJvm.databases().all()).as("left open").isEmpty();
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  String replica() {
    return ";haduck.replica=file:" + file("replica");
  }

  static Connection memory() throws SQLException {
    return DriverManager.getConnection("jdbc:haduck:");
  }

  Connection onMain(String... options) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:" + file("main.duckdb") + replica() + String.join("", options));
  }

  /** The text between the quotes. */
  String target(String name, String... settings) {
    return "haduck://" + file(name) + replica() + String.join("", settings);
  }

  String attach(String name, String as, String... settings) {
    return "ATTACH '" + target(name, settings) + "' AS " + as;
  }

  static ReplicatorStatus status(Connection connection, int index) throws SQLException {
    return Haduck.statuses(connection).get(index).replication().orElseThrow();
  }

  static void detachIsFree(Path file) throws Exception {
    assertThat(OtherProcess.canOpen(file)).isTrue();
  }
}
