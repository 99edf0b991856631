package io.haduck.jdbc.internal.database;

import io.haduck.core.replica.ReplicationListener;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;

/** Where a database that was followed becomes the main one of an instance, and writable. */
public interface PromotionSite {
  /** What DuckDB shows by the name of the database. */
  interface Swap {
    /** What DuckDB calls the database. */
    String name();

    /**
     * Has DuckDB open a file for writing in place of the copy that it shows.
     *
     * @return a connection to the instance, which the caller closes
     */
    Connection toWritable(Path database) throws SQLException;

    /** Who is told how its replication goes. */
    ReplicationListener listener();

    /** It stays so: lets go of the instance, which is its users' alone. Never fails. */
    void done();

    /** Has it show the copy again. Never fails. */
    void back();
  }

  /**
   * Opens the replica as its writer and has DuckDB open the database.
   *
   * @param promoted the lease, which is its replicator's from then on; if this fails, it is
   *     released
   * @param ended whether nobody is connected any more
   * @return false if nobody is; then nothing is left open
   * @throws io.haduck.core.HaduckException if it cannot be opened; then all is as before
   * @throws SQLException if DuckDB does not open it, likewise
   */
  boolean promote(Promoted promoted, Swap swap, BooleanSupplier ended) throws SQLException;
}
