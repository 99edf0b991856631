package io.haduck.core.internal.fetch;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.concurrent.Workers;
import io.haduck.core.internal.log.ObjectPart;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Fetches ranges of objects, several at a time, and each again from where it broke off while the
 * store does not answer. Each part is used while the next ones are on their way, so memory is
 * bounded by the longest parts, however long objects and databases are. For use by one thread at a
 * time, which waits for threads that this starts.
 */
public final class RangeFetcher {
  /**
   * Enough to keep the processors busy: a connection to a store that is not on this machine brings
   * less than a third of what one of them verifies. One that waits for the store takes memory only.
   */
  private static final int CONNECTIONS =
      Math.max(6, Math.min(32, 3 * Runtime.getRuntime().availableProcessors()));

  private static final int CONNECTIONS_FOR_SMALL = Math.max(16, CONNECTIONS);
  private static final int SMALL = 1 << 20;
  private static final int ATTEMPTS = 6;

  /** Permits are KiB. */
  private static final int MEMORY_KIB =
      (int) (Math.min(512 << 20, Math.max(64 << 20, Runtime.getRuntime().maxMemory() / 4)) >> 10);

  private final ObjectStore store;
  private final Retries retries;

  private final AtomicLong bytesFetched = new AtomicLong();

  public RangeFetcher(ObjectStore store, Supplier<Backoff> backoffs) {
    this.store = store;
    this.retries = Retries.of(ATTEMPTS, backoffs);
  }

  /** From the store so far, by all calls. */
  public long bytesFetched() {
    return bytesFetched.get();
  }

  /**
   * Fetches all of these; threads take one after the other as they come. The first failure ends it.
   *
   * @param uses makes one for each thread
   */
  public <P extends ObjectPart> void fetch(
      List<ObjectRange<P>> ranges, Supplier<? extends PartUse<P>> uses) throws IOException {
    if (ranges.isEmpty()) {
      return;
    }
    long total = ranges.stream().mapToLong(ObjectRange::length).sum();
    int connections = total / ranges.size() < SMALL ? CONNECTIONS_FOR_SMALL : CONNECTIONS;
    int workers = Math.min(connections, ranges.size());
    ExecutorService threads =
        Executors.newFixedThreadPool(workers, DaemonThreads.named("haduck-restore"));
    var next = new AtomicInteger();
    var memory = new Semaphore(MEMORY_KIB, true);
    var stop = new AtomicBoolean();
    try {
      List<Future<?>> running = new ArrayList<>(workers);
      for (int worker = 0; worker < workers; worker++) {
        running.add(
            threads.submit(
                () -> {
                  fetchSome(ranges, next, uses.get(), memory, stop);
                  return null;
                }));
      }
      for (Future<?> worker : running) {
        Workers.join(worker);
      }
    } finally {
      stop.set(true);
      threads.shutdown();
      Workers.awaitEnd(threads); // what they write to must not be closed under them
    }
  }

  private <P extends ObjectPart> void fetchSome(
      List<ObjectRange<P>> ranges,
      AtomicInteger next,
      PartUse<P> use,
      Semaphore memory,
      AtomicBoolean stop)
      throws IOException {
    boolean ended = false;
    try {
      var buffer = new PartBuffer();
      for (int at = next.getAndIncrement();
          at < ranges.size() && !stop.get();
          at = next.getAndIncrement()) {
        fetchOne(ranges.get(at), use, buffer, memory, stop);
      }
      if (!stop.get()) {
        use.end();
      }
      ended = true;
    } finally {
      if (!ended) {
        stop.set(true);
      }
    }
  }

  private <P extends ObjectPart> void fetchOne(
      ObjectRange<P> range, PartUse<P> use, PartBuffer buffer, Semaphore memory, AtomicBoolean stop)
      throws IOException {
    int permits = (int) Math.min(MEMORY_KIB, (range.memory() >> 10) + 1);
    memory.acquireUninterruptibly(permits);
    try {
      new RangeReading<>(store, range, use, buffer, bytesFetched).run(retries, stop::get);
    } finally {
      buffer.shrink();
      memory.release(permits);
    }
  }
}
