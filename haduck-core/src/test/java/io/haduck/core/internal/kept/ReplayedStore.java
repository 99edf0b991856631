package io.haduck.core.internal.kept;

import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.kept.StoreContent.Held;
import io.haduck.core.internal.kept.StoreContent.Write;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.io.ByteArrayInputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The store of one process, which gives it the answers that it had, up to its next call. That call
 * is carried out if a content is there for it, and the process stops. So a process of ordinary code
 * is in the same place whenever it is played again with the same answers. For one thread.
 */
final class ReplayedStore implements ObjectStore {
  static final Instant NOW = KeptObjects.NOW;

  private final List<Object> answers;
  private final @Nullable Fault fault;
  private @Nullable StoreContent content;
  private int used;

  /** What goes wrong with a write. */
  enum Fault {
    NONE,
    /** It is carried out, and the answer is lost. */
    LOST,
    /** It is given up, and may arrive at any time. */
    LATE
  }

  /** Here the process stands still. */
  static final class Stop extends Error {
    private static final long serialVersionUID = 1L;

    final boolean writes;

    Stop(boolean writes) {
      super("stop", null, false, false);
      this.writes = writes;
    }
  }

  private record Missing(String key) {}

  private record Done() {}

  private record Lost() {}

  private record Got(String key, Held held, long offset, long length) {}

  /** Plays up to the next call, which is not made. */
  ReplayedStore(List<Object> answers) {
    this.answers = answers;
    this.fault = null;
    this.content = null;
  }

  /** Plays, and makes one call more. */
  ReplayedStore(List<Object> answers, StoreContent content, Fault fault) {
    this.answers = answers;
    this.fault = fault;
    this.content = content;
  }

  /** After the call. */
  StoreContent content() {
    if (content == null) {
      throw new IllegalStateException("nothing was done");
    }
    return content;
  }

  /** Those before, and that of the call. */
  List<Object> answers() {
    return answers;
  }

  /** What a step looks like in a trace. */
  String last() {
    return String.valueOf(answers.get(answers.size() - 1));
  }

  private interface Call {
    Object make(StoreContent now);
  }

  private Object answer(boolean writes, Call call) {
    if (used < answers.size()) {
      return answers.get(used++);
    }
    StoreContent now = content;
    if (now == null) {
      throw new Stop(writes);
    }
    answers.add(call.make(now));
    throw new Stop(writes);
  }

  private PutResult write(String key, ObjectBody body, @Nullable String etag) {
    Object answer =
        answer(
            true,
            now -> {
              var write = new Write(key, Held.of(body.toByteArray()), etag);
              if (fault == Fault.LATE) {
                content = now.delayed(write);
                return new Lost();
              }
              content = now.with(write);
              if (fault == Fault.LOST) {
                return new Lost();
              }
              return now.allows(write)
                  ? PutResult.done(write.body().etag(), NOW)
                  : PutResult.refused(refusal(now, write), NOW);
            });
    return answer instanceof PutResult result
        ? result
        : PutResult.unknown(new UnavailableException("the answer to a write was lost"));
  }

  private static Outcome refusal(StoreContent now, Write write) {
    if (write.condition() == null) {
      return Outcome.EXISTS;
    }
    return now.objects().containsKey(write.key()) ? Outcome.MISMATCH : Outcome.MISSING;
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    throw new UnsupportedOperationException("all writes are conditional");
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(key, body, null);
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(key, body, etag);
  }

  @Override
  public StoredObject get(String key) {
    return getRange(key, 0, Integer.MAX_VALUE);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    Object answer =
        answer(
            false,
            now -> {
              Held held = now.objects().get(key);
              return held == null ? new Missing(key) : new Got(key, held, offset, length);
            });
    if (!(answer instanceof Got got)) {
      throw new MissingObjectException(answer + " is not there");
    }
    byte[] bytes = got.held().bytes().get();
    byte[] part =
        Arrays.copyOfRange(
            bytes,
            (int) Math.min(offset, bytes.length),
            (int) Math.min(offset + length, bytes.length));
    return new StoredObject(
        key, new ByteArrayInputStream(part), part.length, got.held().etag(), NOW);
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    return (Listing)
        answer(
            false,
            now -> {
              List<Listing.Entry> page = new ArrayList<>();
              for (Map.Entry<String, Held> object : now.objects().tailMap(prefix).entrySet()) {
                String key = object.getKey();
                if (!key.startsWith(prefix)) {
                  break;
                }
                if (key.compareTo(startAfter) > 0) {
                  if (page.size() == limit) {
                    return new Listing(page, true, NOW);
                  }
                  page.add(new Listing.Entry(key, object.getValue().bytes().get().length, NOW));
                }
              }
              return new Listing(page, false, NOW);
            });
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    Object unused =
        answer(
            false,
            now -> {
              content = now.without(keys);
              return new Done();
            });
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "store";
  }
}
