package io.haduck.jdbc.internal.database;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Does several things although some fail, and throws the first failure with the others suppressed.
 */
final class FirstFailure {
  private @Nullable SQLException first;

  /** Something that may fail. */
  @FunctionalInterface
  interface Attempt {
    void run() throws SQLException;
  }

  /** Does one. */
  void of(Attempt attempt) {
    try {
      attempt.run();
    } catch (SQLException e) {
      if (first == null) {
        first = e;
      } else {
        first.addSuppressed(e);
      }
    }
  }

  /** When all were done. */
  void rethrow() throws SQLException {
    if (first != null) {
      throw first;
    }
  }
}
