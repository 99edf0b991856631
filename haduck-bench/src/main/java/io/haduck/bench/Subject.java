package io.haduck.bench;

import io.haduck.core.CommitReceipt;
import io.haduck.core.HeadShare;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.replica.CheckpointHold;
import io.haduck.core.replica.Replicator;
import io.haduck.core.replica.ReplicatorOptions;
import io.haduck.core.replica.SyncResult;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A database and its replicator, driven as the JDBC driver drives it, so that DuckDB's time and
 * haduck's can be told apart.
 */
final class Subject implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  private final Path database;
  private final Connection connection;
  private final @Nullable Replicator replicator;

  private Subject(Path database, @Nullable ObjectStore store, BooleanSupplier compacts)
      throws SQLException {
    this.database = database;
    Replicator opened = null;
    if (store != null) {
      opened = Replicator.open(ReplicatorOptions.of(database, store).withCompaction(compacts));
      opened.databaseOpening();
    }
    this.connection = DriverManager.getConnection("jdbc:duckdb:" + database);
    if (opened != null) {
      opened.databaseOpened(CheckpointHold.none());
    }
    this.replicator = opened;
    // Scattered updates would make DuckDB checkpoint by itself, and there would be nothing to time.
    execute("SET checkpoint_threshold = '1 TB'");
  }

  /** Opens a database, replicated to a store that it closes at the end. */
  static Subject replicated(Path database, ObjectStore store) throws SQLException {
    return new Subject(database, store, () -> false);
  }

  /** As the other method, with compaction of what the log's head refers to when it is wanted. */
  static Subject replicated(Path database, ObjectStore store, BooleanSupplier compacts)
      throws SQLException {
    return new Subject(database, store, compacts);
  }

  /** Opens a database that nobody replicates. */
  static Subject plain(Path database) throws SQLException {
    return new Subject(database, null, () -> false);
  }

  /**
   * How a checkpoint went.
   *
   * @param duckdbNanos until DuckDB had written it
   * @param replicationNanos from then until the store had it
   */
  record Checkpoint(CommitReceipt receipt, long duckdbNanos, long replicationNanos) {}

  Connection connection() {
    return connection;
  }

  DatabaseFile file() throws IOException {
    return DatabaseFiles.open(database);
  }

  /** Bytes of headers and blocks; free ones at the end may have been cut off. */
  long size() throws IOException {
    DatabaseHeaders headers = file().readHeaders();
    return Math.min(file().size(), headers.blockPosition(headers.active().blockCount()));
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  Checkpoint checkpoint() throws SQLException, InterruptedException {
    long begun = System.nanoTime();
    execute("CHECKPOINT");
    long written = System.nanoTime();
    CommitReceipt receipt = awaitReplica();
    return new Checkpoint(receipt, written - begun, System.nanoTime() - written);
  }

  /** As the driver says after each statement. */
  void changed() {
    if (replicator != null) {
      replicator.changed();
    }
  }

  /** Waits until the store has everything that DuckDB has committed. */
  CommitReceipt awaitReplica() throws InterruptedException {
    if (replicator == null) {
      throw new IllegalStateException("nobody replicates this database");
    }
    SyncResult result = replicator.await(replicator.position(), PATIENCE, () -> false);
    if (result.problem() != null) {
      throw result.problem();
    }
    CommitReceipt receipt = result.receipt();
    if (!result.reached() || receipt == null) {
      throw new IllegalStateException("not replicated after " + PATIENCE);
    }
    return receipt;
  }

  /** Returns how much of the objects at the log's head is needed; null if it was not found out. */
  @Nullable HeadShare headShare() {
    return replicator == null ? null : replicator.status().headShare();
  }

  long missedIterations() {
    return replicator == null ? 0 : replicator.status().missedIterations();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
    if (replicator != null) {
      replicator.databaseClosed();
      replicator.close();
    }
  }

  /** Makes haduck forget that it knows the database. */
  static void forget(Path database) throws IOException {
    deleteSiblings(database, database.getFileName() + ".haduck*");
  }

  static void delete(Path database) throws IOException {
    deleteSiblings(database, database.getFileName() + "*");
  }

  private static void deleteSiblings(Path database, String glob) throws IOException {
    Path directory = database.toAbsolutePath().getParent();
    if (directory == null) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, glob)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }
}
