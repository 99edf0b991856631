package io.haduck.jdbc.internal.database;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replays the write-ahead log of a database before SQL attaches it, in a DuckDB of haduck's own,
 * and checkpoints it with whole indexes.
 *
 * <p>haduck hears of an ATTACH when its whole text has run. By then what follows it there, or
 * another connection, may have checkpointed: too late for {@link ReplayedIndexes}. Where the
 * database has no indexes, nothing is written.
 *
 * <p>For one use by one thread, while nobody is known to have the file open.
 */
final class ReplayBeforeAttach {
  private static final Logger log = LoggerFactory.getLogger(ReplayBeforeAttach.class);

  private final Path database;
  private final String name;
  private final Runnable checkpointed;

  /**
   * Of one database.
   *
   * @param database its file
   * @param name that it will have in SQL: what is replayed may depend on it
   * @param checkpointed called when there may have been a checkpoint, once before the file is
   *     closed and once after it
   */
  ReplayBeforeAttach(Path database, String name, Runnable checkpointed) {
    this.database = database;
    this.name = name;
    this.checkpointed = checkpointed;
  }

  /**
   * Does it, unless somebody of this process has the file open: then nothing is replayed.
   *
   * @throws SQLException if DuckDB cannot do it by itself, such as for want of an extension; then
   *     file and log hold what they held
   */
  void run() throws SQLException {
    if (isOpen()) {
      return;
    }
    try (Connection own = DetachedDuckDb.attach(database, name)) {
      checkpoint(own);
    } finally {
      checkpointed.run();
    }
  }

  private void checkpoint(Connection own) throws SQLException {
    try (Statement statement = own.createStatement()) {
      statement.execute("PRAGMA disable_checkpoint_on_shutdown");
      ReplayedIndexes.Loaded loaded = new ReplayedIndexes(own, database).load();
      if (!loaded.failures().isEmpty()) {
        throw loaded.failures().values().iterator().next();
      }
      if (loaded.indexes() > 0) {
        statement.execute("CHECKPOINT " + DatabaseNames.quoted(name));
        loaded.say(database);
      }
    } finally {
      checkpointed.run();
    }
  }

  private boolean isOpen() {
    try {
      return DatabaseFiles.descriptorsInThisProcess(database).orElse(0) > 0;
    } catch (IOException e) {
      log.debug("cannot tell whether {} is open", database, e);
      return true;
    }
  }
}
