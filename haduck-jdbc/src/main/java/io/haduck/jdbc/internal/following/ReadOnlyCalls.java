package io.haduck.jdbc.internal.following;

import io.haduck.core.HaduckException;
import io.haduck.core.follower.Follower;
import io.haduck.core.follower.FollowerStatus;
import io.haduck.jdbc.internal.sql.SqlCall;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.sql.SqlScanner;
import java.sql.SQLException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a followed database's connections: refuses to serve what is too old, what would keep
 * newer copies from being shown, and says of a write why it cannot be. That it was one, the words
 * of the text tell: DuckDB's message may say anything. Safe for any thread.
 */
final class ReadOnlyCalls {
  /** What writes, and not to the database: to a file, or to what is this connection's own. */
  private static final Pattern ELSEWHERE =
      words(
          "\\s*(COPY\\b.*\\bTO\\s+['$?]|CREATE\\s+(OR\\s+REPLACE\\s+)?(TEMP|TEMPORARY|(PERSISTENT\\s+)?SECRET)\\b)");

  /**
   * What ends a transaction, which may be what keeps newer copies away; and questions about that.
   */
  private static final Pattern ALWAYS =
      words("^\\s*(COMMIT|ROLLBACK|END|ABORT)\\b|\\bhaduck_status\\b");

  private static final Pattern ATTACHING = words("(^|;)\\s*ATTACH\\b[^;]*'haduck:");

  /** DuckDB would not show the next copy. */
  private static final Pattern BLOCKING =
      words(
          "(^|;)\\s*(SET|RESET|PRAGMA)\\b[^;]*\\b(enable_external_access|disabled_filesystems|immediate_transaction_mode)\\b");

  private final Followed database;

  private static Pattern words(String pattern) {
    return Pattern.compile(pattern, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  }

  ReadOnlyCalls(Followed database) {
    this.database = database;
  }

  <T> T run(String sql, SqlCall<T> call) throws SQLException {
    if (database.limitsLag() && !ALWAYS.matcher(sql).find()) {
      requireRecent();
    }
    if (ATTACHING.matcher(sql).find()) {
      throw SqlErrors.attachesToFollowed();
    }
    if (BLOCKING.matcher(sql).find()) {
      throw SqlErrors.keepsCopiesAway();
    }
    try {
      return call.run();
    } catch (SQLException e) {
      SqlKind kind = SqlScanner.read(sql).kind();
      boolean elsewhere = ELSEWHERE.matcher(sql).lookingAt();
      if ((kind == SqlKind.CHANGES && !elsewhere) || kind == SqlKind.CHECKPOINTS) {
        throw database.isWritten()
            ? SqlErrors.promotedMeanwhile(database.path(), e)
            : SqlErrors.followed(database.path(), database.mode(), database.replica(), label(), e);
      }
      throw e;
    }
  }

  private @Nullable String label() {
    Follower follower = database.follower();
    return follower == null ? null : follower.status().writerLabel();
  }

  private void requireRecent() throws SQLException {
    Follower follower = database.follower();
    FollowerStatus status = follower == null ? null : follower.status();
    if (status != null && status.isTooOld()) {
      HaduckException problem = status.problem();
      throw SqlErrors.tooOld(
          database.path(), status.lag(), status.maxLag(), why(status, problem), problem);
    }
  }

  private static String why(FollowerStatus status, @Nullable HaduckException problem) {
    if (problem != null) {
      return String.valueOf(problem.getMessage());
    }
    return status.state() == FollowerStatus.State.HELD_BACK
        ? "long transactions or unread results of this process hold all copies; end them"
        : "a newer state is on its way";
  }
}
