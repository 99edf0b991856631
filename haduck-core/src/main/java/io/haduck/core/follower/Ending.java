package io.haduck.core.follower;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CancellationException;

/**
 * Whether a follower is to end: whoever waits for the store on its behalf is interrupted, and
 * whoever asks it anything afterwards is refused. An interrupt reaches nobody who does anything
 * else, since it would close files under him. Safe for any thread.
 */
final class Ending {
  @GuardedBy("this")
  private final Set<Thread> waiting = new HashSet<>();

  @GuardedBy("this")
  private final Set<Thread> interrupted = new HashSet<>();

  private volatile boolean begun;

  /** Waits for the store. */
  @FunctionalInterface
  interface Call<T, E extends Exception> {
    T run() throws E;
  }

  /** Begins it. Idempotent. */
  synchronized void begin() {
    begun = true;
    interrupted.addAll(waiting);
    waiting.forEach(Thread::interrupt);
  }

  boolean hasBegun() {
    return begun;
  }

  /**
   * Does nothing unless it has begun.
   *
   * @throws CancellationException if it has
   */
  void refuse() {
    if (begun) {
      throw new CancellationException("it is not followed any more");
    }
  }

  /**
   * Calls the store, unless it has begun.
   *
   * @throws CancellationException if it has, or begins meanwhile and the call does not end well
   */
  <T, E extends Exception> T call(Call<T, E> call) throws E {
    enter();
    boolean done = false;
    try {
      T answer = call.run();
      done = true;
      return answer;
    } finally {
      leave();
      if (!done) {
        refuse();
      }
    }
  }

  private synchronized void enter() {
    refuse();
    waiting.add(Thread.currentThread());
  }

  private synchronized void leave() {
    waiting.remove(Thread.currentThread());
    if (interrupted.remove(Thread.currentThread())) {
      boolean unused = Thread.interrupted(); // it was for this call
    }
  }
}
