package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.jdbc.internal.database.HeldSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HeldSettingsTest {
  private static String threshold(Connection connection) throws SQLException {
    return text(connection, "SELECT current_setting('checkpoint_threshold')");
  }

  private static Connection open() throws SQLException {
    return DriverManager.getConnection("jdbc:duckdb:");
  }

  private static Connection second(Connection connection) throws SQLException {
    return connection.unwrap(DuckDBConnection.class).duplicate();
  }

  @ParameterizedTest
  @ValueSource(strings = {"16MB", "16MiB", "1KB", "0B", "123456789B", "1GB", "3.7GiB", "999GB"})
  void release_putsBackWhatIsShownAlike_howeverOften(String value) throws SQLException {
    try (Connection connection = open()) {
      run(connection, "SET checkpoint_threshold = '" + value + "'");
      String before = threshold(connection);
      for (int i = 0; i < 5; i++) {
        HeldSettings held = HeldSettings.apply(second(connection));
        assertThat(threshold(connection)).endsWith("GiB").isNotEqualTo(before);
        held.release();
        assertThat(threshold(connection)).isEqualTo(before);
      }
    }
  }

  @Test
  void release_leavesWhatSomeoneElseHasSet() throws SQLException {
    try (Connection connection = open()) {
      HeldSettings held = HeldSettings.apply(second(connection));
      run(connection, "SET checkpoint_threshold = '64MiB'");
      held.release();
      assertThat(threshold(connection)).isEqualTo("64.0 MiB");
    }
  }

  @Test
  void apply_underALockedConfiguration_givesUp() throws SQLException {
    try (Connection connection = open()) {
      String before = threshold(connection);
      run(connection, "SET lock_configuration = true");
      Connection own = second(connection);
      assertThat(HeldSettings.apply(own)).isNull();
      assertThat(own.isClosed()).isTrue();
      assertThat(threshold(connection)).isEqualTo(before);
    }
  }

  @Test
  void release_closesItsConnection() throws SQLException {
    try (Connection connection = open()) {
      Connection own = second(connection);
      HeldSettings.apply(own).release();
      assertThat(own.isClosed()).isTrue();
    }
  }
}
