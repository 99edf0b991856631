package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.jdbc.internal.database.DuckDbVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The profile of a statement is the user's: nothing that haduck runs overwrites it. */
@Tag("compat")
final class ProfilingTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  @Test
  void profile_whereSomethingIsAttached_isOfTheUsersStatements() throws Exception {
    Path profile = directory.resolve("profile.json");
    try (Connection connection =
        DriverManager.getConnection(
            "jdbc:haduck:"
                + directory.resolve("a.duckdb")
                + ";haduck.replica=file:"
                + directory.resolve("replica"))) {
      run(connection, "ATTACH 'haduck:" + directory.resolve("b.duckdb") + "' AS b");
      run(connection, "CREATE TABLE b.t (i INTEGER)");
      run(connection, "PRAGMA enable_profiling = 'json'");
      run(connection, "PRAGMA profiling_output = '" + profile + "'");
      run(connection, "SELECT 4242");
      assertOfTheUser(profile, "4242");
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO b.t SELECT 4243");
      connection.commit();
      connection.setAutoCommit(true);
      assertOfTheUser(profile, "4243");
      run(connection, "SELECT 4244");
      run(connection, "ATTACH 'haduck:" + directory.resolve("c.duckdb") + "' AS c");
      assertNotOfOurs(profile);
      run(connection, "SELECT 4245");
      run(connection, "DETACH c");
      assertNotOfOurs(profile);
      run(connection, "SELECT 4246");
      Haduck.checkpoint(connection, "b");
      assertNotOfOurs(profile);
    }
  }

  /** With 2.0 nothing switches it off any more: docs/reference/sql.md. */
  @Test
  void profile_underLockConfiguration_isOfTheUsersStatements() throws Exception {
    Path profile = directory.resolve("profile.json");
    try (Connection connection =
        DriverManager.getConnection("jdbc:haduck:" + directory.resolve("a.duckdb"))) {
      boolean before2 = !DuckDbVersion.of(connection).isAtLeast(2, 0);
      run(connection, "PRAGMA enable_profiling = 'json'");
      run(connection, "PRAGMA profiling_output = '" + profile + "'");
      run(connection, "SET lock_configuration = true");
      run(connection, "SELECT 4242");
      run(connection, "ATTACH 'haduck:" + directory.resolve("b.duckdb") + "' AS b");
      String found = Files.readString(profile);
      assertThat(found.contains("4242") || found.contains("ATTACH")).isEqualTo(before2);
    }
  }

  private static void assertNotOfOurs(Path profile) throws Exception {
    assertThat(Files.readString(profile)).doesNotContain("duckdb_databases", "current_setting");
  }

  private static void assertOfTheUser(Path profile, String text) throws Exception {
    assertThat(Files.readString(profile)).contains(text);
  }
}
