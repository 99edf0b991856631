package io.haduck.jdbc.internal.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which DuckDB it is. The driver's own major and minor version are always 1 and 0.
 *
 * @param major such as 2
 * @param minor such as 0
 */
public record DuckDbVersion(int major, int minor) {
  private static final Pattern VERSION = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})\\b.*");

  /** Of whom a connection is. What is not understood is taken for the oldest. */
  public static DuckDbVersion of(Connection connection) throws SQLException {
    return parse(connection.getMetaData().getDatabaseProductVersion());
  }

  static DuckDbVersion parse(String text) {
    Matcher version = VERSION.matcher(text.strip());
    return version.matches()
        ? new DuckDbVersion(Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)))
        : new DuckDbVersion(1, 0);
  }

  /** Whether it is that version or a later one. */
  public boolean isAtLeast(int wantedMajor, int wantedMinor) {
    return major > wantedMajor || (major == wantedMajor && minor >= wantedMinor);
  }
}
