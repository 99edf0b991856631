package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.StoredObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;

/** Fetches the heads of changesets, several at a time. Safe for any number of threads. */
final class ChangesetHeads {
  /** Most heads are shorter, so one request gets them. */
  private static final int FIRST_READ = 64 << 10;

  private static final int THREADS = 8;
  private static final int AHEAD = 32;
  private static final Random RANDOM = new Random();
  private static final Retries RETRIES =
      Retries.of(5, () -> new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1), RANDOM));

  private final ObjectStore store;

  ChangesetHeads(ObjectStore store) {
    this.store = store;
  }

  /** The head of one changeset. */
  DecodedChangeset read(long seq) {
    String key = LogKeys.changeset(seq);
    byte[] bytes = range(key, 0, FIRST_READ);
    int headLength = ChangesetCodec.headLength(key, bytes);
    if (headLength > bytes.length) {
      if (bytes.length < FIRST_READ) {
        throw Input.endsInHead(key, bytes.length, headLength);
      }
      byte[] rest = range(key, bytes.length, headLength - bytes.length);
      int got = bytes.length;
      bytes = Arrays.copyOf(bytes, got + rest.length);
      System.arraycopy(rest, 0, bytes, got, rest.length);
    }
    return ChangesetCodec.decode(key, bytes);
  }

  /**
   * The head of a changeset that was listed; its object must have the length that the head says.
   */
  DecodedChangeset read(LogEntry entry) {
    DecodedChangeset head = read(entry.seq());
    ChangesetCodec.checkLength(head.changeset().key(), head, entry.length());
    return head;
  }

  /** Hands over the heads in the order of the entries, while the next ones are being fetched. */
  void readAll(List<LogEntry> entries, Consumer<DecodedChangeset> consumer) {
    readAll(entries, this::read, consumer);
  }

  /** As {@link #readAll(List, Consumer)}, empty for what is damaged or not there any more. */
  void readReadable(List<LogEntry> entries, Consumer<Optional<DecodedChangeset>> consumer) {
    readAll(entries, this::readIfReadable, consumer);
  }

  private Optional<DecodedChangeset> readIfReadable(LogEntry entry) {
    try {
      return Optional.of(read(entry));
    } catch (UnknownFormatException e) {
      throw e;
    } catch (CorruptDataException | MissingObjectException e) {
      return Optional.empty();
    }
  }

  private static <T> void readAll(
      List<LogEntry> entries, Function<LogEntry, T> read, Consumer<T> consumer) {
    if (entries.size() < 2) {
      entries.forEach(entry -> consumer.accept(read.apply(entry)));
      return;
    }
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(THREADS, entries.size()),
            task -> {
              Thread thread = new Thread(task, "haduck-log-reader");
              thread.setDaemon(true);
              return thread;
            });
    try {
      Deque<Future<T>> ahead = new ArrayDeque<>();
      for (LogEntry entry : entries) {
        if (ahead.size() == AHEAD) {
          consumer.accept(await(ahead.remove()));
        }
        ahead.add(threads.submit(() -> read.apply(entry)));
      }
      while (!ahead.isEmpty()) {
        consumer.accept(await(ahead.remove()));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Tries again: if one request of thousands fails, the others must not have been in vain. */
  private byte[] range(String key, long offset, long length) {
    return RETRIES.run(
        () -> {
          try (StoredObject part = store.getRange(key, offset, length)) {
            return part.readAll();
          }
        });
  }

  private static <T> T await(Future<T> head) {
    try {
      return head.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("interrupted while reading the log", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HaduckException cause) {
        throw cause;
      }
      throw new IllegalStateException("reading the log failed", e.getCause());
    }
  }
}
