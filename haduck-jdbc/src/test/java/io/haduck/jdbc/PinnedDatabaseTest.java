package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.stream.Stream;
import org.duckdb.DuckDBDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With {@code jdbc_pin_db} DuckDB's driver keeps the file open when all connections are closed. */
@Tag("compat")
class PinnedDatabaseTest {
  @TempDir Path directory;

  private Path file() {
    return directory.resolve("a.duckdb");
  }

  private String url(String options) {
    return "jdbc:haduck:"
        + file()
        + options
        + ";haduck.linger=0s;haduck.replica=file:"
        + directory.resolve("replica");
  }

  @AfterEach
  void release() throws Exception {
    DuckDBDriver.releaseDB("jdbc:duckdb:" + file());
    Haduck.shutdown();
  }

  @Test
  void close_ofAPinnedDatabase_sendsAllAndLeavesTheFileOpen() throws Exception {
    try (Connection connection = DriverManager.getConnection(url(";jdbc_pin_db=true"))) {
      run(connection, "CREATE TABLE t AS SELECT 1 AS i");
    }
    assertThat(DatabaseFiles.descriptorsInThisProcess(file()).orElse(1)).isPositive();
    for (int i = 2; i < 5; i++) {
      try (Connection connection = DriverManager.getConnection(url(";jdbc_pin_db=true"))) {
        run(connection, "INSERT INTO t VALUES (1)");
        assertThat(count(connection, "t")).isEqualTo(i);
        Haduck.checkpoint(connection);
      }
    }
    assertThat(DuckDBDriver.releaseDB("jdbc:duckdb:" + file())).isTrue();
    assertThat(DatabaseFiles.descriptorsInThisProcess(file()).orElse(0)).isZero();
    try (Stream<Path> all = Files.list(directory)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        Files.delete(each);
      }
    }
    try (Connection restored = DriverManager.getConnection(url(""))) {
      assertThat(count(restored, "t")).isEqualTo(4);
    }
  }
}
