package io.haduck.jdbc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.MissingReplica;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.internal.database.DuckDbConnector;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.url.ConnectionProperties;
import io.haduck.jdbc.internal.url.ConnectionSettings;
import io.haduck.jdbc.internal.url.DatabasePath;
import io.haduck.jdbc.internal.url.HaduckUrl;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.util.Properties;
import java.util.logging.Logger;
import org.duckdb.DuckDBDriver;
import org.jspecify.annotations.Nullable;

/**
 * The driver for {@code jdbc:haduck:} URLs: DuckDB's own driver, with replication around it.
 *
 * <p>Databases in memory and read-only connections are DuckDB's own, though what {@code ATTACH
 * 'haduck:…'} adds to them may be replicated; a file without a replica is opened in local-only
 * mode. Registered with {@link DriverManager} by itself. Safe for any thread.
 *
 * <pre>{@code
 * try (Connection connection =
 *     DriverManager.getConnection("jdbc:haduck:/data/my.duckdb;haduck.replica=s3://bucket/prefix")) {
 *   ...
 * }
 * }</pre>
 */
public final class HaduckDriver implements Driver {
  @GuardedBy("HaduckDriver.class")
  private static @Nullable HaduckDriver registered;

  static {
    try {
      register();
    } catch (SQLException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final DuckDBDriver duckdb = new DuckDBDriver();

  /** For {@link java.util.ServiceLoader}. */
  public HaduckDriver() {}

  /**
   * Registers the driver with {@link DriverManager}, if it is not registered. Loading this class
   * does it.
   */
  public static synchronized void register() throws SQLException {
    if (registered == null) {
      var driver = new HaduckDriver();
      DriverManager.registerDriver(driver);
      registered = driver;
    }
  }

  /**
   * Takes the driver out of {@link DriverManager}, which otherwise keeps haduck's classes loaded. A
   * container that redeploys an application closes all connections, calls this and {@link
   * Haduck#shutdown}.
   */
  public static synchronized void deregister() throws SQLException {
    HaduckDriver driver = registered;
    if (driver != null) {
      DriverManager.deregisterDriver(driver);
      registered = null;
    }
  }

  @Override
  public boolean acceptsURL(@Nullable String url) {
    return HaduckUrl.accepts(url);
  }

  /**
   * Connects. The first connection to a database opens its replica, and restores the file if it is
   * missing; that takes the time it takes.
   *
   * @return null if the URL is not one of haduck's
   * @throws SQLException with one of haduck's errors as its cause, or DuckDB's own
   */
  @Override
  public @Nullable Connection connect(@Nullable String url, @Nullable Properties info)
      throws SQLException {
    if (url == null || !HaduckUrl.accepts(url)) {
      return null;
    }
    try {
      var properties = ConnectionProperties.of(info == null ? new Properties() : info);
      HaduckUrl parsed = HaduckUrl.parse(url);
      return connect(parsed, properties, ConnectionSettings.resolve(parsed, properties));
    } catch (HaduckException e) {
      throw SqlErrors.connecting(e);
    }
  }

  private Connection connect(HaduckUrl url, ConnectionProperties properties, Settings settings)
      throws SQLException {
    if (!url.isFile()) {
      if (settings.replicaIsExplicit()) {
        throw new InvalidConfigurationException(
            "only a database in a local file can be replicated, and '"
                + url.named().shown()
                + "' is none; remove haduck.replica and haduck.s3.bucket. For a database that is attached to it they stand"
                + " in ATTACH 'haduck:/path;haduck.replica=…'");
      }
      OfThisJvm.databases().unreplicated().require(url.named(), settings);
      return connectPlain(url, properties, settings);
    }
    if (url.readOnly(properties.duckdb())) {
      return connectPlain(url, properties, settings);
    }
    MissingReplica.refuse(settings, url.database());
    if (settings.replica() != null && url.unsharedInstance(properties.duckdb())) {
      throw new InvalidConfigurationException(
          "jdbc_instance_cache=false opens the same file twice in one process; a replicated database needs one"
              + " DuckDB instance. Remove the option");
    }
    DatabasePath path = path(url);
    if (url.unsharedInstance(properties.duckdb()) && !OfThisJvm.databases().isOpen(path.file())) {
      return connectPlain(url, properties, settings);
    }
    return OfThisJvm.databases()
        .connect(path, settings, connector(path.file().toString(), url, properties));
  }

  private DuckDbConnector connector(
      String database, HaduckUrl url, ConnectionProperties properties) {
    return new DuckDbConnector() {
      @Override
      public Connection connect() throws SQLException {
        return duckdb.connect(url.duckdbUrl(database), properties.duckdb());
      }

      @Override
      public Connection connectTo(Path other) throws SQLException {
        return duckdb.connect(
            url.withoutInitialSql().duckdbUrl(other.toString()), properties.duckdb());
      }

      @Override
      public boolean runsInitialSql() {
        return url.runsInitialSql();
      }

      @Override
      public DuckDbConnector withoutInitialSql() {
        return connector(database, url.withoutInitialSql(), properties);
      }
    };
  }

  /** To a database that is none of haduck's, though what is attached to it may be. */
  private Connection connectPlain(HaduckUrl url, ConnectionProperties properties, Settings settings)
      throws SQLException {
    boolean shares = !url.isFile() && !url.unsharedInstance(properties.duckdb());
    String shared = shares ? url.sharedInstance() : null;
    DuckDbConnector connector =
        shared == null
            ? () -> duckdb.connect(url.duckdbUrl(), properties.duckdb())
            : connector(url.named().text(), url, properties);
    return OfThisJvm.databases().connectPlain(shared, settings, connector);
  }

  private static DatabasePath path(HaduckUrl url) throws SQLException {
    try {
      return DatabasePath.resolve(url.named().text());
    } catch (IOException e) {
      throw new SQLNonTransientConnectionException(
          "cannot find " + url.database() + ": " + e, "08001", e);
    }
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, @Nullable Properties info)
      throws SQLException {
    return DriverProperties.describe(url, info == null ? new Properties() : info, duckdb);
  }

  @Override
  public int getMajorVersion() {
    return 0;
  }

  @Override
  public int getMinorVersion() {
    return 1;
  }

  @Override
  public boolean jdbcCompliant() {
    return duckdb.jdbcCompliant();
  }

  /** Returns the parent of all loggers of haduck, which log through SLF4J. */
  @Override
  public Logger getParentLogger() {
    return Logger.getLogger("io.haduck");
  }
}
