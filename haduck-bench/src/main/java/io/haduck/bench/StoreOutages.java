package io.haduck.bench;

import io.haduck.bench.OutagePlan.Outage;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Carries out a plan of outages from now on, in a thread of its own, so that nothing that waits for
 * the store delays their end.
 */
final class StoreOutages implements AutoCloseable {
  private final @Nullable StoreProcess server;
  private final List<Outage> plan;
  private final long begun = System.nanoTime();
  private final Thread thread = new Thread(this::run, "outages");
  private volatile boolean out;
  private volatile boolean stopped;
  private volatile @Nullable IOException failure;

  /**
   * Begins.
   *
   * @param server null if there is none that could be out
   */
  StoreOutages(@Nullable StoreProcess server, List<Outage> plan) {
    this.server = server;
    this.plan = plan;
    thread.setDaemon(true);
    thread.start();
  }

  /** Seconds since the beginning. */
  double now() {
    return (System.nanoTime() - begun) / 1e9;
  }

  /** Whether the store is out. */
  boolean out() {
    return out;
  }

  private void run() {
    Outage current = null;
    try {
      while (!stopped) {
        double now = now();
        Outage outage = plan.stream().filter(each -> each.holds(now)).findFirst().orElse(null);
        if (server != null && !Objects.equals(outage, current)) {
          out = true;
          server.outage(outage == null ? null : outage.kind());
          out = outage != null;
          current = outage;
        }
        LockSupport.parkNanos(50_000_000);
      }
      if (server != null) {
        server.outage(null);
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  /** Ends the outage that there may be. */
  @Override
  public void close() throws IOException {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw failure;
    }
  }
}
