package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the JVM: replication goes on while the application may still commit something, then
 * what there is is sent, without SQL. {@code shutdown_timeout} bounds all of it, the longest one of
 * the databases that are open.
 *
 * <p>All methods may be called by any thread.
 */
final class JvmShutdown {
  private static final Logger log = LoggerFactory.getLogger(JvmShutdown.class);

  /**
   * So many looks in a row must find nobody: between two threads, one of which woke the other,
   * there is a moment when neither counts.
   */
  private static final int QUIET_LOOKS = 5;

  private static final long LOOK_EVERY_MILLIS = 20;

  /** Kept of the time for sending what is left, though somebody may still commit more. */
  private static final long RESERVE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** How long what has to be closed may take beyond the time. */
  private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  private static final long SAY_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Databases databases;
  private final Hook hook = new Hook();
  private volatile boolean lastChance;

  /** The databases of this JVM, as far as its end is concerned. */
  interface Databases {
    /** Those that are open or linger. */
    List<OpenDatabase> all();

    /**
     * What runs on a connection to one that has a replica, in words; null if nothing does. Takes no
     * lock that is held while DuckDB is called.
     */
    @Nullable String busy(EndingJvm jvm);
  }

  JvmShutdown(Databases databases) {
    this.databases = databases;
  }

  /** Registers it; once. */
  void register() {
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      lastChance = true; // too late: the JVM ends already
    }
  }

  /** Takes it back; without effect once the JVM ends. */
  void unregister() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      log.debug("the JVM ends", e);
    }
  }

  /**
   * Whether this cares no longer for what is committed, though the JVM still runs: whoever commits
   * must wait until it is sent, or the JVM may end before. A hook can be overlooked, and one may
   * open the first database of all, when it is too late to register this.
   */
  boolean isLastChance() {
    return lastChance;
  }

  /** Learns, when the JVM starts it, who ends the JVM and who lived before. */
  private final class Hook extends Thread {
    @GuardedBy("this")
    private @Nullable EndingJvm jvm;

    Hook() {
      super("haduck-shutdown");
      setDaemon(true); // the JVM waits for a hook all the same; those of other class loaders do not
    }

    @Override
    public synchronized void start() {
      try {
        Set<Thread> alive = getAllStackTraces().keySet();
        jvm = new EndingJvm(this, currentThread(), Set.copyOf(alive));
      } finally {
        super.start(); // whatever happens: this runs in the thread that starts all hooks
      }
    }

    private synchronized EndingJvm jvm() {
      EndingJvm known = jvm;
      return known == null ? new EndingJvm(this, this, Set.of()) : known;
    }

    @Override
    public void run() {
      try {
        end(jvm());
      } finally {
        lastChance = true;
      }
    }
  }

  private void end(EndingJvm jvm) {
    long begun = System.nanoTime();
    var unsent = new HashSet<OpenDatabase>();
    do {
      lastChance = false;
      awaitQuiet(jvm, begun);
      // From here on who commits waits for it, and what was committed before is sent below.
      lastChance = true;
      for (OpenDatabase database : replicated()) {
        Replication replication = database.current();
        if (replication != null && !replication.lastSending().send(left(begun))) {
          unsent.add(database);
        }
      }
    } while (unsent.isEmpty() && hasTime(begun) && busy(jvm) != null);
    close(unsent, begun);
  }

  /** Those with a replica; each is sent without delay from now on. */
  private List<OpenDatabase> replicated() {
    var replicated = new ArrayList<OpenDatabase>();
    for (OpenDatabase database : databases.all()) {
      database
          .replication()
          .ifPresent(
              replication -> {
                replication.hurry();
                replicated.add(database);
              });
    }
    return replicated;
  }

  /** What is left of the longest time that one of the databases grants; never negative. */
  private Duration left(long begun) {
    Duration longest = Duration.ZERO;
    for (OpenDatabase database : databases.all()) {
      Duration granted = database.replication().map(Replication::shutdownTimeout).orElse(longest);
      longest = granted.compareTo(longest) > 0 ? granted : longest;
    }
    Duration left = longest.minusNanos(System.nanoTime() - begun);
    return left.isNegative() ? Duration.ZERO : left;
  }

  private @Nullable String busy(EndingJvm jvm) {
    String call = databases.busy(jvm);
    return call == null ? jvm.busy() : call;
  }

  private void awaitQuiet(EndingJvm jvm, long begun) {
    boolean said = false;
    int quietLooks = 0;
    while (quietLooks < QUIET_LOOKS) {
      if (replicated().isEmpty() || !hasTime(begun)) {
        return;
      }
      String busy = busy(jvm);
      quietLooks = busy == null ? quietLooks + 1 : 0;
      if (busy != null && !said && System.nanoTime() - begun > SAY_AFTER_NANOS) {
        said = true;
        log.info(
            "the JVM ends; replication goes on for at most {} s (shutdown_timeout), because {}. What never stops by itself: stop"
                + " it in a shutdown hook, make it a daemon, or shorten shutdown_timeout",
            left(begun).toSeconds(),
            busy);
      }
      pause();
    }
  }

  /** Whether more is left than the reserve, which is a fifth of the whole where that is short. */
  private boolean hasTime(long begun) {
    long left = left(begun).toNanos();
    long whole = left + System.nanoTime() - begun;
    return left > Math.min(RESERVE_NANOS, whole / 5);
  }

  /** Who interrupts all threads in sight does not mean that anything may be lost. */
  private static void pause() {
    try {
      Thread.sleep(LOOK_EVERY_MILLIS);
    } catch (InterruptedException e) {
      log.debug("interrupted while the JVM ends", e);
    }
  }

  /**
   * Closes what nobody uses, and what could not be sent, so that nobody waits for it any longer.
   * What is used and sent goes on: it serves the hooks that may still run.
   */
  private void close(Set<OpenDatabase> unsent, long begun) {
    var threads = new ArrayList<Thread>();
    for (OpenDatabase database : replicated()) {
      boolean sent = !unsent.contains(database);
      var thread = new Thread(() -> close(database, sent), "haduck-shutdown-" + database.path());
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    long deadline = System.nanoTime() + left(begun).toNanos() + GRACE_NANOS;
    for (Thread thread : threads) {
      try {
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
      } catch (InterruptedException e) {
        log.debug("interrupted while the JVM ends", e);
      }
    }
  }

  private static void close(OpenDatabase database, boolean sent) {
    Replication replication = database.current();
    try {
      if (!database.retireIfIdle() && !sent && replication != null) {
        replication.close();
      }
    } catch (RuntimeException e) {
      log.warn("ending the replication of {}: {}", database.path(), e.getMessage());
    }
  }
}
