package io.haduck.bench;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What haduck is measured by: the same bytes without haduck, through the same client. */
final class Bare {
  /** As haduck has in flight while it uploads. */
  static final int UPLOADS = 4;

  /** As haduck has in flight while it restores. */
  static final int DOWNLOADS = 6;

  /** As large as haduck's segments with this heap. */
  static final int PART =
      (int) Math.min(32L << 20, Math.max(4L << 20, Runtime.getRuntime().maxMemory() / 64));

  private Bare() {}

  /** As many as a capture has. */
  static int readers() {
    return Math.min(4, Math.max(2, Runtime.getRuntime().availableProcessors()));
  }

  /** Bytes that nothing can shorten. */
  static List<byte[]> noise(long bytes) {
    var random = new Random(1);
    var parts = new ArrayList<byte[]>();
    for (long left = bytes; left > 0; left -= PART) {
      byte[] part = new byte[(int) Math.min(PART, left)];
      random.nextBytes(part);
      parts.add(part);
    }
    return parts;
  }

  /** Uploads arrays, one object each. */
  static void put(ObjectStore store, List<byte[]> parts) throws Exception {
    var tasks = new ArrayList<Callable<Void>>();
    for (int i = 0; i < parts.size(); i++) {
      byte[] part = parts.get(i);
      String key = "bare/" + i;
      tasks.add(() -> put(store, key, part));
    }
    parallel(UPLOADS, tasks);
  }

  /** Uploads a whole database file as it is. */
  static void putFile(ObjectStore store, DatabaseFile file, long size) throws Exception {
    var tasks = new ArrayList<Callable<Void>>();
    for (long from = 0; from < size; from += PART) {
      long position = from;
      int length = (int) Math.min(PART, size - from);
      tasks.add(
          () -> {
            byte[] part = new byte[length];
            file.read(position, part, 0, length);
            return put(store, "bare/" + position, part);
          });
    }
    parallel(UPLOADS, tasks);
  }

  private static Void put(ObjectStore store, String key, byte[] part) {
    PutResult result = store.put(key, ObjectBody.of(part));
    if (result.outcome() != PutResult.Outcome.DONE) {
      throw new IllegalStateException("a bare PUT failed: " + result);
    }
    return null;
  }

  /** Downloads whole objects and drops what they hold. */
  static long get(ObjectStore store, List<Listing.Entry> objects) throws Exception {
    var bytes = new AtomicLong();
    var tasks = new ArrayList<Callable<Void>>();
    for (Listing.Entry entry : objects) {
      tasks.add(
          () -> {
            try (StoredObject object = store.get(entry.key())) {
              InputStream content = object.content();
              byte[] buffer = new byte[1 << 20];
              for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                bytes.addAndGet(read);
              }
            }
            return null;
          });
    }
    parallel(DOWNLOADS, tasks);
    return bytes.get();
  }

  /** Hashes every block in use, as a capture without any knowledge would have to. */
  static void hash(DatabaseFile file) throws Exception {
    DatabaseHeaders headers = file.readHeaders();
    int blockSize = Math.toIntExact(headers.active().blockSize());
    int[] ids = FreeList.read(file, headers).inUse().toArray();
    var next = new AtomicInteger();
    var tasks = new ArrayList<Callable<Void>>();
    for (int i = 0; i < readers(); i++) {
      tasks.add(
          () -> {
            byte[] block = new byte[blockSize];
            for (int at = next.getAndIncrement(); at < ids.length; at = next.getAndIncrement()) {
              file.read(headers.blockPosition(ids[at]), block, 0, blockSize);
              BlockHash.of(block);
            }
            return null;
          });
    }
    parallel(readers(), tasks);
  }

  private static void parallel(int threads, List<Callable<Void>> tasks) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      var running = new ArrayList<Future<Void>>();
      for (Callable<Void> task : tasks) {
        running.add(pool.submit(task));
      }
      for (Future<Void> task : running) {
        task.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } finally {
      pool.shutdown();
    }
  }
}
