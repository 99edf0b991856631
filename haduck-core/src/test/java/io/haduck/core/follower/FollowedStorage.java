package io.haduck.core.follower;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Storage versions of the databases that are followed. {@code -Dhaduck.follower.storage=v1.0.0} for
 * one of them.
 */
final class FollowedStorage {
  static final String OLDEST = "v1.0.0";
  static final String NEWEST = "latest";

  private FollowedStorage() {}

  /** Makes a database of a version, unless only another one is asked for: then the test ends. */
  static void create(Path file, String version) throws SQLException {
    assumeThat(version).startsWith(System.getProperty("haduck.follower.storage", ""));
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("ATTACH '" + file + "' AS made (STORAGE_VERSION '" + version + "')");
      statement.execute("CREATE TABLE made.first AS SELECT 1 AS a");
    }
  }

  /** What a run was about, for {@code .ci/followers} to find. */
  static String figures(String test, String version, long seed, String figures) {
    String duckdb;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      duckdb = connection.getMetaData().getDatabaseProductVersion();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return "FOLLOWERS %s, DuckDB %s, storage %s, seed %d: %s"
        .formatted(test, duckdb, version, seed, figures);
  }
}
