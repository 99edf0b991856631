package io.haduck.jdbc;

import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A call succeeded locally, yet what it wrote could not be confirmed on the replica in time.
 * Nothing is lost and nothing needs to be repeated: replication goes on in the background, and
 * results and update counts of the statement stay usable. {@code Haduck.sync} waits for it.
 *
 * <p>What it wrote is committed, unless the message says that it is so only if the transaction of
 * the connection is: where a failed statement, or somebody who has DuckDB's own connection, may
 * have spoiled it.
 *
 * <p>A direct subclass of {@link SQLException} with a SQLState of its own, so that frameworks
 * neither repeat the statement nor evict the connection.
 */
public final class ReplicationPendingException extends SQLException {
  private static final long serialVersionUID = 1L;

  /** Its SQLState, in a class that the standard leaves to implementations. */
  public static final String SQL_STATE = "RP001";

  private long @Nullable [] updateCounts;

  public ReplicationPendingException(String message, @Nullable Throwable cause) {
    super(message, SQL_STATE, cause);
  }

  /** Returns what {@code executeBatch} would have returned; null if the call was none. */
  public long @Nullable [] updateCounts() {
    return updateCounts == null ? null : updateCounts.clone();
  }

  /** Notes the result of the call, if it is that of a batch. */
  public void updateCountsFrom(@Nullable Object result) {
    if (result instanceof int[] counts) {
      updateCounts = Arrays.stream(counts).asLongStream().toArray();
    } else if (result instanceof long[] counts) {
      updateCounts = counts.clone();
    }
  }
}
