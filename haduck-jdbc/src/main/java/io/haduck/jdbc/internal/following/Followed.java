package io.haduck.jdbc.internal.following;

import io.haduck.core.follower.Follower;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.jdbc.DatabaseStatus;
import java.nio.file.Path;
import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** What the connections to a followed database need of it. Safe for any thread. */
interface Followed {
  /** What it is a follower of, as its user names it; the file need not exist. */
  Path path();

  /** In which mode this process has it. */
  String mode();

  /** Where it is written, without secrets. */
  String replica();

  /** Whether what is shown may be too old; costs next to nothing. */
  boolean limitsLag();

  /** Whether this process writes it by now, so that only a transaction that was open follows it. */
  default boolean isWritten() {
    return false;
  }

  /** Follows it; null once nobody does. */
  @Nullable Follower follower();

  /** Who is told what becomes of it. */
  ReplicationListeners listeners();

  /** How it is doing. Takes no lock: DuckDB's threads ask too. */
  DatabaseStatus status();

  /** A connection was closed. */
  void closed(Connection connection);
}
