package io.haduck.jdbc.internal.following;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.UnopenedException;
import io.haduck.core.follower.FollowerCopy;
import io.haduck.core.follower.FollowerDatabase;
import io.haduck.core.follower.WalReplay;
import io.haduck.jdbc.internal.database.OpeningFailure;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DuckDB instance that shows one copy of a followed database after the other. The first one is
 * opened by URL; each newer one is put before it by one statement on a connection that nobody else
 * has, which is atomic and waits for nobody. What is under way goes on with the copy that it began
 * with.
 *
 * <p>Safe for any thread. The lock is held while DuckDB opens a copy; who connects or closes does
 * not wait for that.
 */
final class ShownCopies implements FollowerDatabase, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ShownCopies.class);

  private final CopyOpener opener;
  private final WalReplay replay;
  private final ReentrantLock lock = new ReentrantLock();

  /** Keeps the instance open, and swaps. Null until a copy was shown, and once it is closed. */
  @GuardedBy("lock")
  private @Nullable DuckDBConnection own;

  /** Runs nothing, so that it can be duplicated at any time. */
  private volatile @Nullable DuckDBConnection root;

  /** What DuckDB calls the database. */
  @GuardedBy("lock")
  private String name = "";

  @GuardedBy("lock")
  private @Nullable FollowerCopy shown;

  /** The database itself is open in place of a copy, for writing. */
  @GuardedBy("lock")
  private boolean written;

  private volatile boolean closed;

  ShownCopies(CopyOpener opener, WalReplay replay) {
    this.opener = opener;
    this.replay = replay;
  }

  @Override
  public WalReplay replay() {
    return replay;
  }

  @Override
  public void show(FollowerCopy copy) {
    lock.lock();
    try {
      showNow(copy);
    } finally {
      lock.unlock();
      closeLate();
    }
  }

  @GuardedBy("lock")
  private void showNow(FollowerCopy copy) {
    if (written) {
      return; // what is written is newer than any copy
    }
    if (closed) {
      throw new CancellationException("the database is not followed any more");
    }
    shown = copy;
    try {
      DuckDBConnection open = own;
      if (open == null) {
        first(copy);
        return;
      }
      replace(open, name, copy);
    } catch (SQLException e) {
      throw new UnopenedException(
          "DuckDB does not open "
              + copy.database()
              + ", a copy that is followed: "
              + e.getMessage(),
          OpeningFailure.of(e).ofFile(),
          e);
    }
  }

  /** What DuckDB calls the database; empty before a copy was shown. */
  String name() {
    lock.lock();
    try {
      return name;
    } finally {
      lock.unlock();
      closeLate();
    }
  }

  /**
   * Puts the database itself before the copies, for writing, in one step. What is under way goes on
   * with the copy that it began with. Only where the copies are attached, and not opened by URL.
   *
   * @return a connection to the instance, which the caller closes
   */
  DuckDBConnection toWritable(Path database) throws SQLException {
    lock.lock();
    try {
      return toWritableNow(database);
    } finally {
      lock.unlock();
      closeLate();
    }
  }

  @GuardedBy("lock")
  private DuckDBConnection toWritableNow(Path database) throws SQLException {
    DuckDBConnection swapping = own;
    if (swapping == null) {
      throw new SQLException("the database is not followed any more");
    }
    DuckDBConnection other = swapping.duplicate();
    boolean done = false;
    try (Statement statement = swapping.createStatement()) {
      statement.execute(
          "ATTACH OR REPLACE " + literal(database) + " AS " + DatabaseNames.quoted(name));
      written = true;
      done = true;
      return other;
    } finally {
      if (!done) {
        other.close();
      }
    }
  }

  /** Shows the last copy again, not in one step. Never fails. */
  void back() {
    lock.lock();
    try {
      backNow();
    } finally {
      lock.unlock();
      closeLate();
    }
  }

  @GuardedBy("lock")
  private void backNow() {
    DuckDBConnection swapping = own;
    FollowerCopy copy = shown;
    if (!written || swapping == null || copy == null) {
      return;
    }
    try (Statement statement = swapping.createStatement()) {
      statement.execute("DETACH " + DatabaseNames.quoted(name));
      replace(swapping, name, copy);
    } catch (SQLException e) {
      log.error("{} cannot be shown again: {}", copy.database(), e.getMessage());
    } finally {
      written = false;
    }
  }

  private static void replace(Connection duckdb, String name, FollowerCopy copy)
      throws SQLException {
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(
          "ATTACH OR REPLACE "
              + literal(copy.database())
              + " AS "
              + DatabaseNames.quoted(name)
              + " (READ_ONLY)");
    }
  }

  private static String literal(Path path) {
    return "'" + path.toString().replace("'", "''") + "'";
  }

  @GuardedBy("lock")
  private void first(FollowerCopy copy) throws SQLException {
    DuckDBConnection opened = opener.open(copy.database());
    boolean done = false;
    try {
      requireReplaceable(opened);
      name = opened.getCatalog();
      if (!path(opened, name).equals(copy.database().toString())) {
        // Found by the path of its first copy, since somebody has kept it open; it shows another.
        replace(opened, name, copy);
      }
      DuckDBConnection swapping = opened.duplicate();
      swapping.setAutoCommit(true); // whatever jdbc_auto_commit says
      own = swapping;
      root = opened;
      done = true;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  private static String path(Connection duckdb, String name) throws SQLException {
    try (PreparedStatement paths =
        duckdb.prepareStatement("SELECT path FROM duckdb_databases() WHERE database_name = ?")) {
      paths.setString(1, name);
      try (ResultSet path = paths.executeQuery()) {
        return path.next() ? String.valueOf(path.getString(1)) : "";
      }
    }
  }

  /** With other values, DuckDB would not open the next copy, or not in one step. */
  private static void requireReplaceable(Connection duckdb) throws SQLException {
    try (Statement statement = duckdb.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT name, value FROM duckdb_settings() WHERE (name = 'enable_external_access' AND value <> 'true')"
                    + " OR (name = 'disabled_filesystems' AND value <> '') OR (name = 'immediate_transaction_mode' AND"
                    + " value <> 'false')")) {
      if (found.next()) {
        throw new InvalidConfigurationException(
            found.getString(1)
                + "="
                + found.getString(2)
                + " keeps DuckDB from showing newer copies of a database that is followed (haduck.mode=follower); remove"
                + " it");
      }
    }
  }

  /**
   * Another connection, which reads what was shown last.
   *
   * @throws SQLException if none was shown, or it is closed
   */
  DuckDBConnection connect() throws SQLException {
    DuckDBConnection open = root;
    if (open == null) {
      throw new SQLException("the database is not followed any more");
    }
    return open.duplicate();
  }

  /**
   * Lets DuckDB close it, when the users' connections are closed. If it is about to open a copy,
   * which may take long, whoever waits for that closes it then.
   */
  @Override
  public void close() {
    closed = true;
    closeLate();
  }

  private void closeLate() {
    if (closed && root != null && lock.tryLock()) {
      try {
        close(own);
        own = null;
        close(root);
        root = null;
      } finally {
        lock.unlock();
      }
    }
  }

  private static void close(@Nullable DuckDBConnection open) {
    try {
      if (open != null) {
        open.close();
      }
    } catch (SQLException e) {
      log.debug("a followed database cannot be closed", e);
    }
  }
}
