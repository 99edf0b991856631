package io.haduck.jdbc;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/** What an open database needs of what serves all of them. Safe for any thread. */
interface DatabaseServices {
  /**
   * For lingering and for what must not be done on the replicator's thread. Two daemon threads
   * serve all databases: nothing that may take long is done on them.
   */
  ScheduledExecutorService scheduler();

  /**
   * For checkpoints of haduck's own, one a database at the most: each has a thread, for it may take
   * long. Daemon threads, which end when they are idle.
   */
  Executor checkpoints();

  /** Whether whoever commits must wait until it is sent, since the JVM is about to end. */
  boolean isLastChance();

  /** Whether the JVM ends, and its hook is about to send what is left. */
  boolean sendsAtExit();
}
