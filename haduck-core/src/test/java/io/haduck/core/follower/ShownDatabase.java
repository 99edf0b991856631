package io.haduck.core.follower;

import io.haduck.core.UnopenedException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The SQL side of a follower, as short as it can be: the first copy is opened by URL, read-only,
 * and each newer one is put before it by one statement.
 */
public final class ShownDatabase implements FollowerDatabase, AutoCloseable {
  private final WalReplay replay;
  private final List<FollowerCopy> shown = new ArrayList<>();
  private @Nullable DuckDBConnection main;
  private Runnable before = () -> {};

  public ShownDatabase() {
    this(forThisDuckDb());
  }

  public ShownDatabase(WalReplay replay) {
    this.replay = replay;
  }

  /** What DuckDB 1.4 and 1.5 cannot replay read-only is left out. */
  public static WalReplay forThisDuckDb() {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
      return connection.getMetaData().getDatabaseProductVersion().startsWith("v1.")
          ? WalReplay.WITHOUT_INDEXES
          : WalReplay.WHOLE;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Called before each copy is shown. */
  public void before(Runnable action) {
    before = action;
  }

  @Override
  public synchronized void show(FollowerCopy copy) {
    before.run();
    try {
      if (main == null) {
        var properties = new Properties();
        properties.setProperty("access_mode", "READ_ONLY");
        properties.setProperty("jdbc_stream_results", "true");
        main =
            (DuckDBConnection)
                DriverManager.getConnection("jdbc:duckdb:" + copy.database(), properties);
      } else {
        try (Statement statement = main.createStatement()) {
          String name = String.valueOf(copy.database().getFileName()).replace(".duckdb", "");
          statement.execute(
              "ATTACH OR REPLACE '" + copy.database() + "' AS \"" + name + "\" (READ_ONLY)");
        }
      }
    } catch (SQLException e) {
      throw new UnopenedException(copy + " does not open: " + e.getMessage(), true, e);
    }
    shown.add(copy);
  }

  @Override
  public WalReplay replay() {
    return replay;
  }

  /** What was shown, in order. */
  public synchronized List<FollowerCopy> shown() {
    return List.copyOf(shown);
  }

  /** Another connection, which reads what was shown last. */
  public synchronized Connection connect() throws SQLException {
    if (main == null) {
      throw new SQLException("nothing was shown yet");
    }
    return main.duplicate();
  }

  /** The result of a query of one value. */
  public long number(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }

  @Override
  public synchronized void close() throws SQLException {
    if (main != null) {
      main.close();
      main = null;
    }
  }
}
