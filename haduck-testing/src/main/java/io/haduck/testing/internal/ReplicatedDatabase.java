package io.haduck.testing.internal;

import static org.awaitility.Awaitility.await;

import io.haduck.core.CommitReceipt;
import io.haduck.core.replica.CheckpointHold;
import io.haduck.core.replica.Replicator;
import io.haduck.core.replica.ReplicatorOptions;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.replica.Restorer;
import io.haduck.core.replica.SyncResult;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A real DuckDB database, replicated to a real directory, driven the way the JDBC layer drives the
 * engine.
 */
public final class ReplicatedDatabase implements AutoCloseable {
  private final Path directory;
  private final Path replica;
  private final UnaryOperator<ObjectStore> decorate;
  private String fileName = "my.duckdb";
  private String urlOptions = "";
  private Duration syncInterval = Duration.ofMillis(200);
  private Duration openTimeout = Duration.ofSeconds(30);
  private @Nullable Replicator replicator;
  private @Nullable Connection connection;

  private OpeningPolicy policy = OpeningPolicy.DEFAULT;
  private Duration scrubInterval = Duration.ofHours(24);
  private UnaryOperator<ReplicatorOptions> changed = UnaryOperator.identity();

  private ReplicatedDatabase(Path directory, Path replica, UnaryOperator<ObjectStore> decorate) {
    this.directory = directory;
    this.replica = replica;
    this.decorate = decorate;
  }

  /** One that is not open yet, for other options; then {@link #open()}. */
  public static ReplicatedDatabase in(Path directory, UnaryOperator<ObjectStore> decorate) {
    return new ReplicatedDatabase(directory, directory.resolve("replica"), decorate);
  }

  /** As the one before, with its replica in a certain directory. */
  public static ReplicatedDatabase in(
      Path directory, Path replica, UnaryOperator<ObjectStore> decorate) {
    return new ReplicatedDatabase(directory, replica, decorate);
  }

  /** As the one before, on a store without faults. */
  public static ReplicatedDatabase in(Path directory, Path replica) {
    return in(directory, replica, UnaryOperator.identity());
  }

  /** With its replica beside it, on a store without faults. */
  public static ReplicatedDatabase in(Path directory) {
    return in(directory, UnaryOperator.identity());
  }

  /** What its file is called. */
  public ReplicatedDatabase named(String newFileName) {
    fileName = newFileName;
    return this;
  }

  /** What follows the path in DuckDB's URL, such as {@code ;access_mode=read_only}. */
  public ReplicatedDatabase withUrlOptions(String options) {
    urlOptions = options;
    return this;
  }

  /** What opening may do. */
  public ReplicatedDatabase withPolicy(OpeningPolicy newPolicy) {
    policy = newPolicy;
    return this;
  }

  /** How often all blocks are compared. */
  public ReplicatedDatabase withScrubInterval(Duration interval) {
    scrubInterval = interval;
    return this;
  }

  /** How long opening waits for a store that does not answer. */
  public ReplicatedDatabase withOpenTimeout(Duration timeout) {
    openTimeout = timeout;
    return this;
  }

  /** How often the replicator looks by itself. */
  public ReplicatedDatabase withSyncInterval(Duration interval) {
    syncInterval = interval;
    return this;
  }

  /** Options that are known to the tests of their package only. */
  public ReplicatedDatabase withOptions(UnaryOperator<ReplicatorOptions> change) {
    changed = change;
    return this;
  }

  /** Opens one with its replica beside it. */
  public static ReplicatedDatabase open(Path directory) throws SQLException {
    return open(directory, directory.resolve("replica"));
  }

  /** Opens one with its replica in a certain directory. */
  public static ReplicatedDatabase open(Path directory, Path replica) throws SQLException {
    return open(directory, replica, UnaryOperator.identity());
  }

  /** As the one before, with the store decorated. */
  public static ReplicatedDatabase open(
      Path directory, Path replica, UnaryOperator<ObjectStore> decorate) throws SQLException {
    var database = new ReplicatedDatabase(directory, replica, decorate);
    database.open();
    return database;
  }

  /** How it is opened. */
  public ReplicatorOptions options() {
    return changed.apply(
        ReplicatorOptions.of(file(), decorate.apply(new FileObjectStore(replica)))
            .withTimes(syncInterval, openTimeout)
            .withPolicy(policy)
            .withScrubInterval(scrubInterval));
  }

  /** The database file. */
  public Path file() {
    return file(fileName);
  }

  /** Where the replica is. */
  public Path replica() {
    return replica;
  }

  /** A file beside it. */
  public Path file(String name) {
    return directory.resolve(name);
  }

  /** Opens the replicator, and then DuckDB. */
  public void open() throws SQLException {
    Replicator opened = Replicator.open(options());
    replicator = opened;
    try {
      opened.databaseOpening();
      if (connection == null) {
        connection = connect();
      }
      opened.databaseOpened(CheckpointHold.none());
    } catch (SQLException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** Another connection, of which the caller takes care; it must be closed before this is. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:duckdb:" + file() + urlOptions);
  }

  /** Closes and opens DuckDB, while the replicator goes on. */
  public void restartDuckDb() throws SQLException {
    connection().close();
    connection = null;
    replicator().databaseClosed();
    replicator().databaseOpening();
    connection = connect();
    replicator().databaseOpened(CheckpointHold.none());
  }

  /** Ends the replicator while DuckDB has the file open, and is not told. */
  public void abandon() {
    replicator().close();
  }

  /** Closes DuckDB after {@link #abandon()}. */
  public void closeDuckDb() throws SQLException {
    connection().close();
    connection = null;
  }

  /** Runs statements while no event, hint or timer makes the replicator look. */
  public void executeUnseen(String... statements) throws SQLException {
    replicator().databaseClosed();
    try {
      executeUntold(statements);
    } finally {
      replicator().databaseOpened(CheckpointHold.none());
    }
  }

  /** Runs statements and tells the replicator nothing. */
  public void executeUntold(String... statements) throws SQLException {
    for (String sql : statements) {
      try (Statement statement = connection().createStatement()) {
        statement.execute(sql);
      }
    }
  }

  /** Closes and opens everything, once all of it is in the log. */
  public void reopen() throws Exception {
    awaitInSync();
    stop();
    open();
  }

  /** Whether DuckDB is closed. */
  public boolean isClosed() {
    return connection == null;
  }

  /** Of what was opened last, even if it is closed. */
  public Replicator replicator() {
    return Objects.requireNonNull(replicator, "never opened");
  }

  /** By which statements are run here. */
  public Connection connection() {
    return Objects.requireNonNull(connection, "not open");
  }

  /** Runs statements, and tells the replicator after each. */
  public void execute(String... statements) throws SQLException {
    for (String sql : statements) {
      try (Statement statement = connection().createStatement()) {
        statement.execute(sql);
      } finally {
        replicator().changed();
      }
    }
  }

  /** Checkpoints, and waits as {@link #awaitPosition()}. */
  public @Nullable CommitReceipt checkpoint() throws Exception {
    execute("CHECKPOINT");
    return awaitPosition();
  }

  /**
   * Waits, for a minute at most, until what is committed now is in the log.
   *
   * @return null if it was there before this was opened
   */
  public @Nullable CommitReceipt awaitPosition() throws InterruptedException {
    SyncResult result =
        replicator().await(replicator().position(), Duration.ofSeconds(60), () -> false);
    if (!result.reached()) {
      throw result.problem() != null ? result.problem() : new IllegalStateException("not in time");
    }
    return result.receipt();
  }

  /** Waits, for a minute at most, until there is nothing to send. */
  public void awaitInSync() {
    awaitInSync(60);
  }

  /** As {@link #awaitInSync()}, for so many seconds at most. */
  public void awaitInSync(int seconds) {
    await()
        .atMost(Duration.ofSeconds(seconds))
        .until(() -> replicator().status().state() == ReplicatorStatus.State.IN_SYNC);
  }

  /** Closes DuckDB and waits until what it wrote while closing is in the log. */
  @Override
  public void close() throws SQLException {
    stop();
  }

  /** As {@link #close()}, when it is opened again afterwards. */
  public void stop() throws SQLException {
    if (connection != null) {
      connection().close();
      connection = null;
      replicator().databaseClosed();
      if (replicator().fenced() == null) {
        awaitInSync();
      }
      replicator().close();
    }
  }

  /** Deletes the database file and all that lies beside it under its name; it must be closed. */
  public void deleteLocalFiles() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, fileName + "*")) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  /** Runs statements in the database file without haduck; it must be closed. */
  public void runPlain(String... statements) throws SQLException {
    try (Connection plain = connect();
        Statement statement = plain.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** What it holds. */
  public String contents() throws SQLException {
    return contentsOf(connection());
  }

  /** What a restore of the replica's head holds. */
  public String restoredContents() throws Exception {
    Path restored = directory.resolve("restored-" + UUID.randomUUID() + ".duckdb");
    try (ObjectStore store = new FileObjectStore(replica)) {
      Restorer.create().restore(RestoreRequest.latest(store, restored));
    }
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + restored)) {
      return contentsOf(plain);
    }
  }

  /** Every table with its rows, in an order of its own, and every view's definition. */
  public static String contentsOf(Connection connection) throws SQLException {
    var tables = new TreeMap<String, String>();
    try (Statement statement = connection.createStatement()) {
      try (ResultSet names =
          statement.executeQuery(
              "SELECT table_name, 'table' FROM duckdb_tables() WHERE NOT internal UNION ALL"
                  + " SELECT view_name, sql FROM duckdb_views() WHERE NOT internal UNION ALL"
                  + " SELECT 'index ' || index_name, sql FROM duckdb_indexes()")) {
        while (names.next()) {
          tables.put(names.getString(1), names.getString(2));
        }
      }
      for (var table : tables.entrySet()) {
        if (table.getValue().equals("table")) {
          try (ResultSet rows =
              statement.executeQuery(
                  "SELECT count(*) || ' rows, ' || coalesce(bit_xor(hash(t)), 0) || ', ' || coalesce(sum(hash(t)"
                      + " % 1000003), 0) FROM \""
                      + table.getKey()
                      + "\" t")) {
            rows.next();
            table.setValue(rows.getString(1));
          }
        }
      }
    }
    return tables.toString();
  }
}
