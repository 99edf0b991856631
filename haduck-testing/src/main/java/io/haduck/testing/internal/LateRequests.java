package io.haduck.testing.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Requests that are under way after whoever sent them has given up, and arrive at their server
 * later, or never. Safe for any thread.
 */
final class LateRequests {
  private static final int AT_MOST = 50;

  private final ProxiedServer server;
  private volatile boolean held;

  @GuardedBy("this")
  private final Deque<HttpMessage> late = new ArrayDeque<>();

  LateRequests(ProxiedServer server) {
    this.server = server;
  }

  /** While true, none arrives until {@link #deliverAll}. */
  void hold(boolean on) {
    held = on;
  }

  /** One more; it is lost if there are too many. */
  synchronized void add(HttpMessage request) {
    if (late.size() < AT_MOST) {
      late.add(request);
    }
  }

  /** Lets the oldest one arrive; false if none does. */
  boolean deliverOne() {
    return !held && delivered(poll());
  }

  /** Lets all of them arrive. */
  void deliverAll() {
    while (delivered(poll())) {
      // the next one
    }
  }

  private synchronized @Nullable HttpMessage poll() {
    return late.poll();
  }

  private boolean delivered(@Nullable HttpMessage request) {
    if (request == null) {
      return false;
    }
    try {
      HttpMessage unusedSinceNobodyWaits = server.ask(request);
    } catch (IOException e) {
      // then it never arrives
    }
    return true;
  }
}
