package io.haduck.testing.internal.splitbrain;

/** What goes wrong in a round. */
enum Trouble {
  /** A process stands still for less than a TTL. */
  SHORT_PAUSE,
  /** For about a TTL. */
  PAUSE_OF_A_TTL,
  /** For some TTLs. */
  LONG_PAUSE,
  /** For longer than an append is believed. */
  PAUSE_OF_15_SECONDS,
  /** Stands still, and its ticker with it. */
  SUSPENDED,
  /** Stands still, and all its clocks with it. */
  FROZEN,
  /** A process is killed, and started again. */
  KILLED,
  /** The appending thread stands still, and the lease's goes on. */
  HUNG_APPENDER,
  /** The wall clock of a process is set. */
  WALL_CLOCK_JUMPS,
  /** The store's clock is set back or forward. */
  STORE_CLOCK_JUMPS,
  /** Requests do not arrive. */
  LOST_REQUESTS,
  /** Requests are carried out, and not answered. */
  LOST_ANSWERS,
  /** Answers come late. */
  SLOW_ANSWERS,
  /** Requests arrive after their sender has given up. */
  LATE_REQUESTS,
  /** Requests arrive twice: a client tries again, or a first attempt was held up. */
  REPEATED_REQUESTS,
  /** Nobody, or one process, reaches the store. */
  OUTAGE,
  /** A process may not write the log. */
  LOG_DENIED,
  /** Somebody deletes the lease. */
  LEASE_DELETED,
  /** Somebody puts an older lease back. */
  LEASE_ROLLED_BACK,
  /** Leases are handed over, and who does so dies. */
  HAND_OVER_DIES,
  /** A process goes on twice. */
  CLONED,
  /** A process that asks no lease comes. */
  LEASE_OFF;

  /** Whether the 15 s do not hold by every clock then, nor for a follower. */
  boolean beliesClocks() {
    return this == FROZEN || this == STORE_CLOCK_JUMPS;
  }
}
