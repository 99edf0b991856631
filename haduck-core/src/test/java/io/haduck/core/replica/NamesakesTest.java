package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.local.RecordSize;
import io.haduck.testing.internal.OtherProcess;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody's own databases that have the names of haduck's files beside another one. */
@Tag("compat")
class NamesakesTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"my.duckdb.haduck", "my.duckdb.haduck-next", "my.duckdb.haduck-lock"})
  void open_besideALiveDatabaseOfThatName_keepsAwayFromIt(String name) throws Exception {
    Path other = directory.resolve(name);
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + other);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE precious(a INTEGER)"); // 12,288 bytes and a WAL
      refused(name);
      assertThat(OtherProcess.canOpen(other)).as("without DuckDB's lock").isFalse();

      statement.execute("INSERT INTO precious SELECT range FROM range(300000)");
      statement.execute("CHECKPOINT");
      refused(name);
      assertThat(OtherProcess.canOpen(other)).as("without DuckDB's lock").isFalse();
    }
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + other);
        Statement statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT count(*) FROM precious")) {
      rows.next();
      assertThat(rows.getLong(1)).isEqualTo(300_000);
    }
  }

  private void refused(String name) {
    var database = ReplicatedDatabase.in(directory);
    assertThatThrownBy(database::open)
        .isInstanceOf(LocalFileException.class)
        .hasMessageContaining(name);
  }

  @Test
  void recordSize_isThatOfADatabase_fromItsHeadersOn() {
    assertThat(RecordSize.isOfADatabase(12_288)).isTrue();
    assertThat(RecordSize.isOfADatabase(12_288 + 262_144)).isTrue();
    assertThat(RecordSize.isOfADatabase(12_288 + 16_384)).isTrue();
    assertThat(RecordSize.isOfADatabase(8_192)).isFalse();
    assertThat(RecordSize.isOfADatabase(12_289)).isFalse();
  }
}
