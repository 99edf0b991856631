package io.haduck.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;

/** The functions of a database without that of haduck's, which no plain DuckDB has. */
final class UserFunctions extends ResultSetDelegate {
  private int hidden;

  /**
   * Hides it.
   *
   * @param functions with a column {@code FUNCTION_NAME}; read forwards only, as DuckDB's are
   */
  UserFunctions(ResultSet functions) throws SQLException {
    super(functions.getStatement(), functions);
  }

  @Override
  public boolean next() throws SQLException {
    while (super.next()) {
      if (!StatusFunction.NAME.equals(getString("FUNCTION_NAME"))) {
        return true;
      }
      hidden++;
    }
    return false;
  }

  @Override
  public int getRow() throws SQLException {
    return Math.max(0, super.getRow() - hidden);
  }
}
