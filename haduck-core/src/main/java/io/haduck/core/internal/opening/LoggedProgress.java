package io.haduck.core.internal.opening;

import io.haduck.core.Ticker;
import io.haduck.core.restore.RestoreProgress;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says every few seconds in the log how far a long restore is. For one thread. */
final class LoggedProgress implements RestoreProgress {
  private static final Logger log = LoggerFactory.getLogger(LoggedProgress.class);
  private static final Duration EVERY = Duration.ofSeconds(5);

  private final Path database;
  private final Ticker ticker;
  private long lastNanos;

  LoggedProgress(Path database, Ticker ticker) {
    this.database = database;
    this.ticker = ticker;
    this.lastNanos = ticker.nanos();
  }

  @Override
  public void blocksWritten(long blocks, long totalBlocks, long bytesFetched) {
    long now = ticker.nanos();
    if (now - lastNanos >= EVERY.toNanos()) {
      lastNanos = now;
      log.info(
          "restoring {}: {} of {} blocks, {} bytes fetched",
          database,
          blocks,
          totalBlocks,
          bytesFetched);
    }
  }

  /** Returns how long it is, in the largest unit that it has two of. */
  static String age(Duration age) {
    if (age.toDays() > 1) {
      return age.toDays() + " d";
    }
    if (age.toHours() > 1) {
      return age.toHours() + " h";
    }
    return age.toMinutes() > 1 ? age.toMinutes() + " min" : age.toSeconds() + " s";
  }
}
