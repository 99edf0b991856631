package io.haduck.core.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The news for one listener, and the daemon thread that delivers them, which ends when there were
 * none for a while. Posting never waits for the listener and never fails. Safe for any thread.
 */
final class ListenerMailbox {
  private static final Logger log = LoggerFactory.getLogger(ListenerMailbox.class);

  /** What a slow listener can fall behind before older news are dropped. */
  static final int CAPACITY = 256;

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final ReplicationListener listener;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition posted = lock.newCondition();

  @GuardedBy("lock")
  private final Deque<News> news = new ArrayDeque<>();

  @GuardedBy("lock")
  private boolean delivering;

  @GuardedBy("lock")
  private boolean closed;

  /**
   * One call of the listener.
   *
   * @param latestCounts whether a later one of its kind says more
   */
  private record News(boolean latestCounts, Consumer<ReplicationListener> call) {}

  ListenerMailbox(ReplicationListener listener) {
    this.listener = listener;
  }

  ReplicationListener listener() {
    return listener;
  }

  /**
   * Leaves a call for the listener.
   *
   * @param latestCounts whether it may be dropped for later ones while the listener is slow
   */
  void post(boolean latestCounts, Consumer<ReplicationListener> call) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (news.size() == CAPACITY) {
        makeRoom();
      }
      news.addLast(new News(latestCounts, call));
      posted.signal();
      if (!delivering) {
        var thread = new Thread(this::deliver, "haduck-listener");
        thread.setDaemon(true);
        thread.start();
        delivering = true;
      }
    } catch (OutOfMemoryError e) {
      log.warn("no thread for a replication listener; it is told with the next news", e);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void makeRoom() {
    for (Iterator<News> oldest = news.iterator(); oldest.hasNext(); ) {
      if (oldest.next().latestCounts()) {
        oldest.remove();
        return;
      }
    }
    news.removeFirst();
  }

  private void deliver() {
    for (News next = next(); next != null; next = next()) {
      try {
        next.call().accept(listener);
      } catch (Throwable e) { // an application's error must not end the delivery
        log.warn("the replication listener {} failed", listener.getClass().getName(), e);
      }
    }
  }

  /** The next call; null if the thread is to end. */
  private @Nullable News next() {
    long left = IDLE_NANOS;
    lock.lock();
    try {
      while (news.isEmpty() && !closed && left > 0) {
        try {
          left = posted.awaitNanos(left);
        } catch (InterruptedException e) {
          log.debug("a listener left its thread interrupted", e); // nobody ends this thread so
        }
      }
      News first = news.pollFirst();
      delivering = first != null;
      return first;
    } finally {
      lock.unlock();
    }
  }

  /** Drops what was not delivered. */
  void close() {
    lock.lock();
    try {
      closed = true;
      news.clear();
      posted.signal();
    } finally {
      lock.unlock();
    }
  }
}
