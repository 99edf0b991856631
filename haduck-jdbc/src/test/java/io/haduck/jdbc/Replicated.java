package io.haduck.jdbc;

import io.haduck.core.replica.ReplicatorStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.stream.Stream;

/** What tests ask of a replicated database, and do to it. */
final class Replicated {
  private Replicated() {}

  /** Returns how the replication of a connection's main database goes. */
  static ReplicatorStatus status(Connection connection) throws SQLException {
    return Haduck.status(connection).replication().orElseThrow();
  }

  /** Deletes every file of a directory but those in directories within it, as a replica is. */
  static void loseTheDisk(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path lost : files.filter(Files::isRegularFile).toList()) {
        Files.deleteIfExists(lost); // while it lingers, the engine replaces its own small files
      }
    }
  }
}
