package io.haduck.core.internal.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.concurrent.Workers;
import io.haduck.core.internal.log.ObjectPart;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.StoredObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Fetches ranges of objects, several at a time in bounded memory, and each again while the store
 * does not answer. For use by one thread at a time, which waits for threads that this starts.
 */
public final class RangeFetcher {
  private static final int CONNECTIONS = 6;
  private static final int CONNECTIONS_FOR_SMALL = 16;
  private static final int SMALL = 1 << 20;
  private static final int ATTEMPTS = 6;

  /** Permits are KiB. */
  private static final int MEMORY_KIB =
      (int) (Math.min(512 << 20, Math.max(64 << 20, Runtime.getRuntime().maxMemory() / 4)) >> 10);

  private final ObjectStore store;
  private final Retries retries;

  @GuardedBy("this")
  private long bytesFetched;

  public RangeFetcher(ObjectStore store, Supplier<Backoff> backoffs) {
    this.store = store;
    this.retries = Retries.of(ATTEMPTS, backoffs);
  }

  /** What is done with the bytes of a range; called by several threads at a time. */
  @FunctionalInterface
  public interface Use<P extends ObjectPart> {
    /**
     * Verifies and uses them.
     *
     * @throws CorruptDataException if they are not what they should be; they are then fetched once
     *     more
     */
    void accept(ObjectRange<P> range, byte[] bytes) throws IOException;
  }

  /** From the store so far, by all calls. */
  public synchronized long bytesFetched() {
    return bytesFetched;
  }

  /** Fetches all of these, in any order; the first failure ends it. */
  public <P extends ObjectPart> void fetch(List<ObjectRange<P>> ranges, Use<P> use)
      throws IOException {
    if (ranges.isEmpty()) {
      return;
    }
    long total = ranges.stream().mapToLong(ObjectRange::length).sum();
    int connections = total / ranges.size() < SMALL ? CONNECTIONS_FOR_SMALL : CONNECTIONS;
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(connections, ranges.size()), DaemonThreads.named("haduck-restore"));
    var memory = new Semaphore(MEMORY_KIB, true);
    var stop = new AtomicBoolean();
    try {
      List<Future<?>> running = new ArrayList<>(ranges.size());
      for (ObjectRange<P> range : ranges) {
        running.add(
            threads.submit(
                () -> {
                  fetchOne(range, use, memory, stop);
                  return null;
                }));
      }
      for (Future<?> range : running) {
        Workers.join(range);
      }
    } finally {
      stop.set(true);
      threads.shutdown();
      Workers.awaitEnd(threads); // what they write to must not be closed under them
    }
  }

  private <P extends ObjectPart> void fetchOne(
      ObjectRange<P> range, Use<P> use, Semaphore memory, AtomicBoolean stop) throws IOException {
    int permits = (int) Math.min(MEMORY_KIB, (range.memory() >> 10) + 1);
    memory.acquireUninterruptibly(permits);
    boolean failed = true;
    try {
      if (!stop.get()) {
        attempt(range, use, stop);
      }
      failed = false;
    } finally {
      memory.release(permits);
      if (failed) {
        stop.set(true);
      }
    }
  }

  private <P extends ObjectPart> void attempt(ObjectRange<P> range, Use<P> use, AtomicBoolean stop)
      throws IOException {
    try {
      fetchAndUse(range, use, stop);
    } catch (CorruptDataException e) {
      fetchAndUse(range, use, stop); // once more, should it have been damaged on its way
    }
  }

  private <P extends ObjectPart> void fetchAndUse(
      ObjectRange<P> range, Use<P> use, AtomicBoolean stop) throws IOException {
    byte[] bytes = retries.run(() -> fetchOnce(range), stop::get);
    synchronized (this) {
      bytesFetched += bytes.length;
    }
    use.accept(range, bytes);
  }

  private byte[] fetchOnce(ObjectRange<?> range) {
    try (StoredObject object = store.getRange(range.objectKey(), range.offset(), range.length())) {
      byte[] bytes = object.readAll();
      if (bytes.length != range.length()) {
        throw new CorruptDataException(
            store
                + "/"
                + range.objectKey()
                + " ends at "
                + (range.offset() + bytes.length)
                + ", the log says that data lie up to "
                + (range.offset() + range.length())
                + "; restore an undamaged version of the object, or restore to a seq that does not need it");
      }
      return bytes;
    } catch (MissingObjectException e) {
      throw new MissingObjectException(
          e.getMessage()
              + ". The log says that data lie there: restore a deleted version of the object, or restore to"
              + " a seq that does not need it",
          e);
    }
  }
}
