package io.haduck.jdbc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.DatabaseMode;
import io.haduck.core.settings.LeasePolicy;
import io.haduck.core.settings.MissingReplica;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.jdbc.internal.database.DuckDbConnector;
import io.haduck.jdbc.internal.database.ReadOnlyFile;
import io.haduck.jdbc.internal.following.CopyOpener;
import io.haduck.jdbc.internal.following.InMemoryConnector;
import io.haduck.jdbc.internal.following.StandbyConnector;
import io.haduck.jdbc.internal.following.StandbyOpening;
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
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.logging.Logger;
import org.duckdb.DuckDBConnection;
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
    if (settings.mode() == DatabaseMode.FOLLOWER
        && (url.isFile() || settings.source(Setting.MODE).explicit())) {
      return follow(url, properties, settings);
    }
    if (settings.mode() == DatabaseMode.STANDBY
        && (url.isFile() || settings.source(Setting.MODE).explicit())) {
      return standBy(url, properties, settings);
    }
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
      return ReadOnlyFile.open(
          url.database(), settings, () -> connectPlain(url, properties, settings));
    }
    MissingReplica.refuse(settings, url.database());
    if (settings.replica() != null && url.unsharedInstance(properties.duckdb())) {
      throw new InvalidConfigurationException(
          "jdbc_instance_cache=false opens the same file twice in one process; a replicated database needs one"
              + " DuckDB instance. Remove the option");
    }
    DatabasePath path = path(url);
    if (OfThisJvm.followed().isInUse(path.file())) {
      throw new InvalidConfigurationException(
          path.file()
              + " is followed in this JVM (haduck.mode=follower), so that it cannot be written to here as well; close the"
              + " connections that follow it, or give them a path of their own");
    }
    if (url.unsharedInstance(properties.duckdb()) && !OfThisJvm.databases().isOpen(path.file())) {
      return connectPlain(url, properties, settings);
    }
    return OfThisJvm.databases()
        .connect(path, settings, connector(path.file().toString(), url, properties));
  }

  /** To a database that another process writes. */
  private Connection follow(HaduckUrl url, ConnectionProperties properties, Settings settings)
      throws SQLException {
    requireFollowable(url, properties, settings);
    DatabasePath path = path(url);
    if (OfThisJvm.databases().isOpen(path.file())) {
      throw new InvalidConfigurationException(
          path.file()
              + " is open in this JVM as a database that it writes (haduck.mode=writer), so that it cannot be followed here as"
              + " well; follow it by a path in another directory, with the same file name");
    }
    var duckdbs = (Properties) properties.duckdb().clone();
    duckdbs.setProperty("access_mode", "READ_ONLY");
    duckdbs.setProperty("duckdb.read_only", "true");
    if (!url.readOnly(duckdbs)) {
      throw new InvalidConfigurationException(
          "access_mode in the URL contradicts haduck.mode=follower, which only reads; remove it");
    }
    var opener =
        new CopyOpener() {
          @Override
          public DuckDBConnection open(Path copy) throws SQLException {
            return (DuckDBConnection) duckdb.connect(url.duckdbUrl(copy.toString()), duckdbs);
          }

          @Override
          public Object options() {
            return List.of(Set.copyOf(url.options()), duckdbs);
          }
        };
    return OfThisJvm.followed().connect(path, settings, opener);
  }

  /** What a process must not want that follows a database, to stand by or not. */
  private static void requireFollowable(
      HaduckUrl url, ConnectionProperties properties, Settings settings) {
    String mode = "haduck.mode=" + settings.get(Setting.MODE);
    if (!url.isFile()) {
      throw new InvalidConfigurationException(
          mode
              + " keeps copies beside the path of a database, and '"
              + url.named().shown()
              + "' is none");
    }
    if (url.pinsInstance(properties.duckdb())) {
      throw new InvalidConfigurationException(
          "jdbc_pin_db keeps copies of a followed database open for good ("
              + mode
              + "); remove it");
    }
    if (url.runsInitialSql()) {
      throw new InvalidConfigurationException(
          "session_init_sql_file is not run where a database is followed ("
              + mode
              + "); remove it");
    }
    if (settings.replica() == null) {
      throw new InvalidConfigurationException(
          url.database()
              + " cannot be opened: "
              + mode
              + " follows a replica, and none is set: set haduck.replica or haduck.s3.bucket");
    }
  }

  /** To a database that another process writes until this one does. */
  private Connection standBy(HaduckUrl url, ConnectionProperties properties, Settings settings)
      throws SQLException {
    requireFollowable(url, properties, settings);
    if (url.readOnly(properties.duckdb())) {
      throw new InvalidConfigurationException(
          "access_mode=READ_ONLY contradicts haduck.mode=standby, which is to write one day; remove it, or use"
              + " haduck.mode=follower");
    }
    if (url.unsharedInstance(properties.duckdb())) {
      throw new InvalidConfigurationException(
          "jdbc_instance_cache=false opens the same file twice in one process; a replicated database needs one"
              + " DuckDB instance. Remove the option");
    }
    if (settings.lease() == LeasePolicy.OFF) {
      throw new InvalidConfigurationException(
          "haduck.mode=standby waits for the lease of the writer, and haduck.lease=off has none; remove one of the two");
    }
    DatabasePath path = path(url);
    if (OfThisJvm.followed().isInUse(path.file())) {
      throw new InvalidConfigurationException(
          path.file()
              + " is followed in this JVM (haduck.mode=follower), so that it cannot stand by here as well; close the"
              + " connections that follow it, or give them a path of their own");
    }
    var inMemory =
        new InMemoryConnector() {
          @Override
          public DuckDBConnection connect(String database) throws SQLException {
            return (DuckDBConnection) duckdb.connect(url.duckdbUrl(database), properties.duckdb());
          }

          @Override
          public Object options() {
            return List.of(Set.copyOf(url.options()), properties.duckdb());
          }
        };
    var standby = new StandbyOpening(path, inMemory);
    DuckDbConnector writing = connector(path.file().toString(), url, properties);
    return OfThisJvm.databases().connect(path, settings, new StandbyConnector(writing, standby));
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
