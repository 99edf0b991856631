package io.haduck.jdbc.internal.following;

import io.haduck.core.follower.WalReplay;
import io.haduck.jdbc.internal.database.DetachedDuckDb;
import io.haduck.jdbc.internal.database.DuckDbVersion;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** How much of a write-ahead log the DuckDB of this JVM replays that opens a file read-only. */
final class DuckDbReplay {
  private static volatile @Nullable WalReplay known;

  private DuckDbReplay() {}

  static WalReplay ofTheDriver() throws SQLException {
    WalReplay replay = known;
    if (replay == null) {
      try (Connection memory = DetachedDuckDb.inMemory()) {
        replay =
            DuckDbVersion.of(memory).isAtLeast(2, 0) ? WalReplay.WHOLE : WalReplay.WITHOUT_INDEXES;
      }
      known = replay;
    }
    return replay;
  }
}
