package io.haduck.jdbc.internal.database;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DuckDB's settings that cause automatic checkpoints, raised while these are held, and what they
 * were before. They are set on a connection of this object's own, which it closes when it is
 * released. What someone else has set meanwhile stays. Confined to whoever holds the database's
 * lock.
 */
public final class HeldSettings {
  private static final Logger log = LoggerFactory.getLogger(HeldSettings.class);

  private static final String FAR_AWAY = "1TB";
  private static final List<String> UNITS =
      List.of("bytes", "byte", "KiB", "MiB", "GiB", "TiB", "PiB");
  private static final Pattern SIZE = Pattern.compile("([0-9.]+) (\\w+)");

  private final Connection connection;
  private final Raised threshold;
  private final @Nullable Raised entries;

  /** A setting before and after. */
  private record Raised(String before, String after) {}

  private HeldSettings(Connection connection, Raised threshold, @Nullable Raised entries) {
    this.connection = connection;
    this.threshold = threshold;
    this.entries = entries;
  }

  /**
   * Raises the settings.
   *
   * @param connection to the same DuckDB instance; becomes this object's own, closed here if it is
   *     of no use
   * @return null if they cannot be raised, such as under {@code lock_configuration}
   */
  public static @Nullable HeldSettings apply(Connection connection) {
    try {
      String before = CheckpointSettings.read(connection, CheckpointSettings.THRESHOLD);
      CheckpointSettings.set(connection, CheckpointSettings.THRESHOLD, FAR_AWAY);
      var threshold =
          new Raised(before, CheckpointSettings.read(connection, CheckpointSettings.THRESHOLD));
      return new HeldSettings(connection, threshold, raiseEntries(connection));
    } catch (SQLException e) {
      log.debug("automatic checkpoints cannot be held back: {}", e.getMessage());
      close(connection);
      return null;
    }
  }

  private static @Nullable Raised raiseEntries(Connection connection) {
    try {
      String before = CheckpointSettings.read(connection, CheckpointSettings.ENTRIES);
      if (before.equals("0")) {
        return null;
      }
      CheckpointSettings.set(connection, CheckpointSettings.ENTRIES, "0");
      return new Raised(before, "0");
    } catch (SQLException e) {
      return null; // DuckDB 1.4 has no such setting
    }
  }

  /** Puts back what is still ours, and closes the connection. */
  public void release() {
    try {
      putBack(CheckpointSettings.THRESHOLD, threshold, exact(threshold.before()));
      if (entries != null) {
        putBack(CheckpointSettings.ENTRIES, entries, entries.before());
      }
    } catch (SQLException e) {
      log.debug("settings for automatic checkpoints cannot be put back: {}", e.getMessage());
    } finally {
      close(connection);
    }
  }

  private void putBack(String setting, Raised raised, String value) throws SQLException {
    if (CheckpointSettings.read(connection, setting).equals(raised.after())) {
      CheckpointSettings.set(connection, setting, value);
    }
  }

  /**
   * DuckDB shows sizes cut to one decimal. The smallest size of the next lower unit that is shown
   * so: setting the text itself back would make the value a little smaller each time.
   */
  static String exact(String shown) {
    Matcher matcher = SIZE.matcher(shown);
    if (!matcher.matches()) {
      return shown;
    }
    int unit = UNITS.indexOf(matcher.group(2));
    if (unit < 2) {
      return shown;
    }
    BigInteger lower =
        new BigDecimal(matcher.group(1))
            .multiply(BigDecimal.valueOf(1024))
            .setScale(0, RoundingMode.CEILING)
            .toBigInteger();
    return lower + " " + UNITS.get(unit == 2 ? 0 : unit - 1);
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      log.debug("an internal connection cannot be closed: {}", e.getMessage());
    }
  }
}
