package io.haduck.jdbc.internal.database;

import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlCommand;
import java.sql.SQLException;

/** What is done around each text of one connection, besides its replication. For one thread. */
public interface TextGuard {
  /** Lets everything pass. */
  TextGuard NONE =
      new TextGuard() {
        @Override
        public void before(SqlCommand command) {}

        @Override
        public <T> T run(String sql, SqlCall<T> call) throws SQLException {
          return call.run();
        }
      };

  /**
   * A text is about to be run.
   *
   * @throws SQLException if it must not be
   */
  void before(SqlCommand command) throws SQLException;

  /** Runs it, and says of what fails why that is. */
  <T> T run(String sql, SqlCall<T> call) throws SQLException;
}
