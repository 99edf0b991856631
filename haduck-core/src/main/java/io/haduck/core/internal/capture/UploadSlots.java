package io.haduck.core.internal.capture;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.Ticker;
import java.util.function.BooleanSupplier;

/**
 * How many segments are sent at the same time, which follows the store. While somebody waits for a
 * slot, twice as many are tried; if that does not bring more bytes per second, it is undone, and
 * tried again only after a while. An attempt that failed halves them: what is too slow for its time
 * limit has a better chance alone.
 *
 * <p>One for a writer, so that what was learned of the store outlives a commit. Safe for any
 * thread.
 */
final class UploadSlots {
  private static final int FIRST = 4;

  /** How much faster it must become for more slots to be kept. */
  private static final double WORTH_IT = 1.1;

  /** Measured windows before it is tried again. */
  private static final int PAUSE_WINDOWS = 8;

  private final int most;
  private final Ticker ticker;

  @GuardedBy("this")
  private int limit;

  @GuardedBy("this")
  private int busy;

  @GuardedBy("this")
  private int waiting;

  /** The limit before one that is being tried; 0 if none is. */
  @GuardedBy("this")
  private int limitBefore;

  @GuardedBy("this")
  private double rateBefore;

  @GuardedBy("this")
  private int pause;

  @GuardedBy("this")
  private long windowBegun;

  @GuardedBy("this")
  private long windowBytes;

  @GuardedBy("this")
  private int windowSegments;

  /**
   * @param most slots that there is memory for
   */
  UploadSlots(int most, Ticker ticker) {
    this.most = most;
    this.ticker = ticker;
    this.limit = Math.min(FIRST, most);
    this.windowBegun = ticker.nanos();
  }

  /**
   * Waits for a slot and takes it. An interrupt does not end the waiting, and stays set.
   *
   * @param over whether there is nothing to wait for any more; asked again whenever a slot is given
   *     back. Then one is taken that is not there, to be given back at once
   * @return nanoseconds waited
   */
  synchronized long take(BooleanSupplier over) {
    if (busy < limit) {
      busy++;
      return 0;
    }
    long begun = ticker.nanos();
    boolean interrupted = false;
    waiting++;
    while (busy >= limit && !over.getAsBoolean()) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    waiting--;
    busy++;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return ticker.nanos() - begun;
  }

  /** Gives a slot back: a segment of so many bytes is in the store. */
  synchronized void sent(long bytes) {
    if (waiting == 0) { // then the slots are not what it waits for
      beginWindow();
      limit = limitBefore == 0 ? limit : limitBefore;
      limitBefore = 0;
    } else {
      windowBytes += bytes;
      windowSegments++;
      if (windowSegments >= 2 * limit) {
        judge();
      }
    }
    giveBack();
  }

  /** Gives a slot back whose segment was not sent. */
  synchronized void abandoned() {
    giveBack();
  }

  /** An attempt to send failed; the slot stays taken. */
  synchronized void failed() {
    limit = Math.max(1, limit / 2);
    limitBefore = 0;
    pause = 0;
    beginWindow();
    notifyAll(); // there may be nothing to wait for any more
  }

  /** Returns how many may be sent at the same time, as it is now. */
  synchronized int limit() {
    return limit;
  }

  @GuardedBy("this")
  private void judge() {
    double rate = (double) windowBytes / (double) Math.max(1, ticker.nanos() - windowBegun);
    if (limitBefore != 0 && rate < rateBefore * WORTH_IT) {
      limit = limitBefore;
      limitBefore = 0;
      pause = PAUSE_WINDOWS;
    } else if (pause > 0) {
      pause--;
    } else if (limit < most) {
      limitBefore = limit;
      rateBefore = rate;
      limit = Math.min(most, 2 * limit);
    } else {
      limitBefore = 0;
    }
    beginWindow();
  }

  @GuardedBy("this")
  private void beginWindow() {
    windowBegun = ticker.nanos();
    windowBytes = 0;
    windowSegments = 0;
  }

  @GuardedBy("this")
  private void giveBack() {
    busy--;
    notifyAll();
  }
}
