package io.haduck.core.lease;

import io.haduck.core.Ticker;
import io.haduck.core.store.ObjectStore;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * What a holder or contender works with.
 *
 * @param object the lease in its store
 * @param next makes what is written
 * @param clock of this machine
 * @param pause how to wait
 */
record Surroundings(LeaseObject object, NextRecord next, LeaseClock clock, Pause pause) {
  /** Waits; ends early if the thread is interrupted, which stays so. */
  @FunctionalInterface
  interface Pause {
    void nanos(long nanos);
  }

  /** Those of a real process. */
  static Surroundings of(ObjectStore store) {
    return of(
        store, Ticker.system(), InstantSource.system(), new SecureRandom(), LockSupport::parkNanos);
  }

  static Surroundings of(
      ObjectStore store, Ticker ticker, InstantSource wall, RandomGenerator random, Pause pause) {
    return new Surroundings(
        new LeaseObject(store), new NextRecord(wall, random), new LeaseClock(ticker, wall), pause);
  }
}
