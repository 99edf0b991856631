package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DuckDB instances of this JVM of which somebody has an unwrapped connection, and may close it
 * without our being told: so they are looked at once a second, whenever somebody connects, and
 * before files are freed. Where nobody unwraps anything there is none, and nothing is scheduled.
 *
 * <p>Safe for any thread. The monitor is held for moments; instances are looked at without it.
 */
final class UnwrappedInstances {
  private static final Logger log = LoggerFactory.getLogger(UnwrappedInstances.class);
  private static final long LOOK_EVERY_MILLIS = 1000;

  /** For half a second. */
  private static final int MOST_LOOKS = 25;

  /** Held while they are looked at; taken before any instance's lock and the monitor. */
  private final ReentrantLock looked = new ReentrantLock();

  @GuardedBy("this")
  private final Set<InstanceLife> instances = new LinkedHashSet<>();

  /** Those who ship what was closed behind our back. */
  @GuardedBy("this")
  private final Set<Thread> shipping = new LinkedHashSet<>();

  @GuardedBy("this")
  private @Nullable ScheduledExecutorService scheduler;

  @GuardedBy("this")
  private @Nullable ScheduledFuture<?> looking;

  /** There are databases to look after, or none any more. */
  synchronized void serve(@Nullable ScheduledExecutorService serving) {
    stop();
    scheduler = serving;
    start();
  }

  synchronized void add(InstanceLife instance) {
    instances.add(instance);
    start();
  }

  synchronized void remove(InstanceLife instance) {
    instances.remove(instance);
    if (instances.isEmpty()) {
      stop();
    }
  }

  @GuardedBy("this")
  private void start() {
    if (looking == null && scheduler != null && !instances.isEmpty()) {
      looking =
          scheduler.scheduleWithFixedDelay(
              this::look, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @GuardedBy("this")
  private void stop() {
    if (looking != null) {
      looking.cancel(false);
      looking = null;
    }
  }

  private synchronized List<InstanceLife> all() {
    return List.copyOf(instances);
  }

  /**
   * Looks at all of them, unless somebody does right now; what is to be done about it is done in
   * the background.
   */
  void look() {
    if (looked.tryLock()) {
      try {
        lookAtAll();
      } finally {
        looked.unlock();
      }
    }
  }

  private boolean anyClosedByOthers() {
    return all().stream().anyMatch(InstanceLife::isClosedByOthers);
  }

  private void lookAtAll() {
    for (InstanceLife instance : all()) {
      try {
        instance.lookForClosed().ifPresent(this::ship);
      } catch (RuntimeException e) {
        log.warn("looking for closed connections failed and is tried again", e);
      }
    }
  }

  private void ship(Runnable work) {
    var thread =
        new Thread(
            () -> {
              try {
                work.run();
              } finally {
                shipped(Thread.currentThread());
              }
            },
            "haduck-jdbc-closing");
    thread.setDaemon(true);
    synchronized (this) {
      shipping.add(thread);
    }
    thread.start();
  }

  private synchronized void shipped(Thread thread) {
    shipping.remove(thread);
  }

  /** Looks at all of them, and waits until what was closed is shipped, as a close would. */
  void settle() {
    looked.lock(); // what another look has found is being shipped by then
    try {
      lookAtAll();
      // One may be busy for a moment, or DuckDB not done with its file.
      for (int looks = 1; looks < MOST_LOOKS && anyClosedByOthers(); looks++) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        lookAtAll();
      }
    } finally {
      looked.unlock();
    }
    List<Thread> threads;
    synchronized (this) {
      threads = new ArrayList<>(shipping);
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // it goes on without being waited for
        return;
      }
    }
  }
}
