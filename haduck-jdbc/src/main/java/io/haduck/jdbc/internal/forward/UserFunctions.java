package io.haduck.jdbc.internal.forward;

import java.sql.ResultSet;
import java.sql.SQLException;

/** The functions of a database without that of haduck's, which no plain DuckDB has. */
public final class UserFunctions extends ResultSetDelegate {
  /** The function of haduck's, by its name in SQL. */
  public static final String HADUCKS = "haduck_status";

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
    boolean more = super.next();
    while (more && HADUCKS.equals(getString("FUNCTION_NAME"))) {
      more = super.next();
    }
    return more;
  }
}
