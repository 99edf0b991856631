package io.haduck.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Set;
import org.duckdb.DuckDBConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The name in SQL of a database that was opened by a symbolic link. DuckDB is given the path of the
 * file, since it takes two paths for two databases, and names the database by it; plain DuckDB
 * names it by the link. DuckDB 1.4 cannot rename a database: there it keeps the file's name.
 */
final class LinkName {
  private static final Logger log = LoggerFactory.getLogger(LinkName.class);

  /** To which DuckDB appends something. */
  private static final Set<String> RESERVED = Set.of("main", "system", "temp");

  private LinkName() {}

  /**
   * Gives the main database of an instance the name of the link; nobody else may use it yet.
   *
   * @param duckdb the first connection to it
   */
  static void give(Connection duckdb, DatabasePath path) {
    String ofFile = name(path.file().toString());
    String ofLink = name(path.written().toString());
    if (ofFile.equals(ofLink)) {
      return;
    }
    try (DuckDBConnection own = OwnConnection.beside(duckdb);
        Statement statement = own.createStatement()) {
      statement.execute(
          "ALTER DATABASE "
              + DatabaseNames.quoted(ofFile)
              + " SET ALIAS TO "
              + DatabaseNames.quoted(ofLink));
    } catch (SQLException e) {
      log.info(
          "{} has the name {} in SQL, that of the file, since this DuckDB cannot give it that of the link {}: {}",
          path.file(),
          ofFile,
          path.written(),
          e.getMessage());
    }
  }

  private static String name(String path) {
    String name = AttachTarget.givenName(path);
    return RESERVED.contains(name.toLowerCase(Locale.ROOT)) ? name + "_db" : name;
  }
}
