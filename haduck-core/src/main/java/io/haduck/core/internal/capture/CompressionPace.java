package io.haduck.core.internal.capture;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.Ticker;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.settings.Compression;

/**
 * How much one capture compresses what it sends. Where the user left it open, the bottleneck
 * decides, looked at whenever a segment is handed over: while the store takes segments faster than
 * they are made, compression is in the way and becomes lighter; while whoever makes them waits for
 * the store most of the time, there is time to make them smaller.
 *
 * <p>The steps are few and bounded. Blocks that DuckDB has compressed well pass through zstd's
 * negative levels at several gigabytes a second, so none are needed that look at a sample first and
 * leave it at that. Above level 3 a twentieth of the speed buys a hundredth of the size, and the
 * processor belongs to the application.
 *
 * <p>Safe for any thread.
 */
final class CompressionPace {
  private static final int[] LEVELS = {-5, -1, BlockCompression.USUAL_LEVEL, 3};
  private static final int USUAL = 2;

  /** Of the time of those who read and compress: with less waiting, they are the bottleneck. */
  private static final double LITTLE_WAITING = 0.1;

  /** With more, the next step may cost half as much again and is still not the bottleneck. */
  private static final double MUCH_WAITING = 0.4;

  private final Compression setting;
  private final int workers;
  private final Ticker ticker;

  @GuardedBy("this")
  private long sinceNanos;

  private volatile int step = USUAL;

  /**
   * @param workers that wait beside each other when the store is slow
   */
  CompressionPace(Compression setting, int workers, Ticker ticker) {
    this.setting = setting;
    this.workers = workers;
    this.ticker = ticker;
    this.sinceNanos = ticker.nanos();
  }

  /** A capture begins: nothing is known of the store's speed. */
  synchronized void begin() {
    sinceNanos = ticker.nanos();
    step = USUAL;
  }

  /** Returns the level for what is compressed next, see {@link BlockCompression}. */
  int level() {
    return setting.kind() == Compression.Kind.AUTO ? LEVELS[step] : usualLevel(setting);
  }

  /** Returns the level for what nobody waits for. */
  static int usualLevel(Compression setting) {
    return switch (setting.kind()) {
      case AUTO -> LEVELS[USUAL];
      case NONE -> BlockCompression.RAW;
      case FIXED -> setting.level();
    };
  }

  /**
   * A segment was full, and is being sent now.
   *
   * @param waitedNanos how long whoever made it has just waited for that
   */
  synchronized void handedOver(long waitedNanos) {
    long now = ticker.nanos();
    double share = (double) waitedNanos / Math.max(1.0, (double) (now - sinceNanos) * workers);
    sinceNanos = now;
    if (share < LITTLE_WAITING) {
      step = Math.max(0, step - 1);
    } else if (share > MUCH_WAITING) {
      step = Math.min(LEVELS.length - 1, step + 1);
    }
  }
}
