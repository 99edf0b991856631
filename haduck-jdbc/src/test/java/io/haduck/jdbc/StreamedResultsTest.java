package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.jdbc.internal.database.DuckDbConnector;
import io.haduck.jdbc.internal.database.StreamedResults;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whether DuckDB may stream results is DuckDB's to say: reads need not be looked at if it does not.
 */
@Tag("compat")
class StreamedResultsTest {
  @ParameterizedTest
  @CsvSource({
    "'', false",
    "';jdbc_stream_results=false', false",
    "';jdbc_stream_results=true', true"
  })
  void inUse_isWhatTheOptionSays_alsoWhereItWasNeverSet(String option, boolean streams)
      throws Exception {
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:" + option)) {
      assertThat(new StreamedResults().inUse(() -> duckdb)).isEqualTo(streams);
    }
  }

  @Test
  void inUse_afterATextHasNamedTheOption_isTrue() throws Exception {
    var streams = new StreamedResults();
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      assertThat(streams.inUse(() -> duckdb)).isFalse();
      streams.note();
      assertThat(streams.inUse(() -> duckdb)).isTrue();
    }
  }

  @Test
  void inUse_whereNobodyCanBeAsked_isTrue() {
    DuckDbConnector none =
        () -> {
          throw new SQLException("nothing is open");
        };
    assertThat(new StreamedResults().inUse(none)).isTrue();
  }

  @Test
  void inUse_afterSetOnAnotherConnection_isTrue() throws Exception {
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement()) {
      statement.execute("SET GLOBAL jdbc_stream_results = true");
      assertThat(new StreamedResults().inUse(() -> duckdb)).isTrue();
    }
  }
}
