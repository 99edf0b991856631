package io.haduck.core.lease;

import io.haduck.core.CorruptDataException;
import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The object {@code lease} in a store, as one process reads and writes it. Each call is one attempt
 * of 2 s at most. A write whose answer was lost is settled by reading back all bytes; while that
 * cannot be done it is remembered, since it may still arrive. Safe for any thread.
 */
final class LeaseObject {
  static final String KEY = "lease";
  private static final Duration ATTEMPT = Duration.ofSeconds(2);
  private static final int MOST_PENDING = 64;

  private final ObjectStore store;

  /** Writes of this process that may have arrived, or may yet. */
  private final Deque<byte[]> pending = new ArrayDeque<>();

  LeaseObject(ObjectStore store) {
    this.store = store.within(ATTEMPT);
  }

  /**
   * The object at some moment.
   *
   * @param record what it says
   * @param bytes all of it
   * @param etag its entity tag
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by isSame
  record Seen(LeaseRecord record, byte[] bytes, String etag) {
    boolean isSame(byte[] others) {
      return Arrays.equals(bytes, others);
    }
  }

  /** What became of a write. */
  sealed interface Written {}

  /** It was written, and this is the object now, or was a moment ago. */
  record Done(Seen now) implements Written {}

  /**
   * It was not written, and will not be: something else is there.
   *
   * @param now what is there; null if nothing
   */
  record Refused(@Nullable Seen now) implements Written {}

  /**
   * Nobody knows: it may have been written, or may be yet.
   *
   * @param refusal what the store said if it does not let this process write; null if it is only
   *     silent
   */
  record Unsettled(String why, @Nullable StoreAccessException refusal) implements Written {}

  /**
   * Reads it.
   *
   * @return null if there is none
   * @throws CorruptDataException if it is no lease of this version
   * @throws HaduckException if the store does not answer, or refuses
   */
  @Nullable Seen read() {
    try (StoredObject object = store.get(KEY)) {
      if (object.length() > LeaseFormat.LONGEST) {
        throw new CorruptDataException(
            object.name()
                + " has "
                + object.length()
                + " bytes, more than the "
                + LeaseFormat.LONGEST
                + " expected here");
      }
      byte[] bytes = object.readAll();
      return new Seen(LeaseFormat.decode(bytes, object.name()), bytes, object.etag());
    } catch (MissingObjectException e) {
      return null;
    }
  }

  /** Returns whether this process wrote these bytes and never learnt whether they arrived. */
  synchronized boolean wrote(Seen seen) {
    return pending.stream().anyMatch(seen::isSame);
  }

  /**
   * Writes it if it still is what was seen.
   *
   * @param expected null if there must be none
   */
  Written write(@Nullable Seen expected, LeaseRecord next) {
    byte[] bytes = LeaseFormat.encode(next);
    PutResult result;
    remember(bytes);
    try {
      ObjectBody body = ObjectBody.of(bytes);
      result =
          expected == null
              ? store.putIfAbsent(KEY, body)
              : store.putIfMatch(KEY, body, expected.etag());
    } catch (HaduckException e) {
      forget(bytes); // nothing was written
      return new Unsettled(String.valueOf(e.getMessage()), refusal(e));
    }
    String etag = result.etag();
    if (result.outcome() == Outcome.DONE && etag != null) {
      settled();
      return new Done(new Seen(next, bytes, etag));
    }
    return readBack(expected, next, bytes, result);
  }

  /** Our own success may look like a refusal, too: a client tries again by itself. */
  private Written readBack(
      @Nullable Seen expected, LeaseRecord next, byte[] bytes, PutResult result) {
    Seen now;
    try {
      now = read();
    } catch (HaduckException e) {
      return new Unsettled(
          "it is not known whether the lease was written: " + e.getMessage() + because(result),
          refusal(result.cause()));
    }
    if (now != null && now.isSame(bytes)) {
      settled();
      return new Done(new Seen(next, bytes, now.etag()));
    }
    if (result.outcome() == Outcome.UNKNOWN && isUnchanged(expected, now)) {
      return new Unsettled(
          "the lease was not written, and may be yet" + because(result), refusal(result.cause()));
    }
    forget(bytes);
    return new Refused(now);
  }

  private static @Nullable StoreAccessException refusal(@Nullable Throwable cause) {
    return cause instanceof StoreAccessException refused ? refused : null;
  }

  private static String because(PutResult result) {
    Throwable cause = result.cause();
    return cause == null ? "" : " (" + cause.getMessage() + ")";
  }

  private static boolean isUnchanged(@Nullable Seen expected, @Nullable Seen now) {
    if (expected == null || now == null) {
      return expected == null && now == null;
    }
    return expected.etag().equals(now.etag());
  }

  private synchronized void remember(byte[] bytes) {
    pending.addLast(bytes);
    if (pending.size() > MOST_PENDING) {
      pending.removeFirst();
    }
  }

  private synchronized void forget(byte[] bytes) {
    pending.removeIf(other -> Arrays.equals(other, bytes));
  }

  /** The object has changed by our own hand, so that no earlier write can arrive any more. */
  private synchronized void settled() {
    pending.clear();
  }

  @Override
  public String toString() {
    return store + "/" + KEY;
  }
}
