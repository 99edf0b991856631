package io.haduck.jdbc.internal.following;

import io.haduck.jdbc.DatabaseStatus;
import java.sql.Connection;
import java.util.List;
import java.util.function.Supplier;

/** Lets SQL ask how databases are doing. */
@FunctionalInterface
public interface StatusOffer {
  /**
   * Begins to.
   *
   * @param duckdb of the instance that may ask
   */
  void to(Connection duckdb, Supplier<List<DatabaseStatus>> status);
}
