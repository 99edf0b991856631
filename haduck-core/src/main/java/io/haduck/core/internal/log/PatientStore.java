package io.haduck.core.internal.log;

import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A store that is given up, call by call, when whoever waits for it would have given up: a server
 * that takes connections and stays silent holds nobody for longer than he wants to wait. A store
 * that merely is slower than that is heard all the same, in the end: see {@link CallTime}.
 *
 * <p>Until {@link #tireless}, or the first answer, there is somebody who waits to hear from the
 * store at all: once nothing was answered for as long as he waits, calls fail at once that would be
 * made at once to try again. A store that has answered is given three times as long: one request
 * that hangs among others is no silence.
 *
 * <p>Safe for any number of threads.
 */
public final class PatientStore implements ObjectStore {
  /**
   * No call is given less: so short a time tells nothing of a store, and a first call brings up the
   * client's classes.
   */
  private static final Duration LEAST = Duration.ofSeconds(5);

  /**
   * Whoever asks again sooner than that, tries again; whoever comes later asks for something else.
   */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** A store that has answered is given so many times the patience before it counts as silent. */
  private static final int HEARD = 3;

  /** What carries more tells how fast the way to the store is, and not how soon it answers. */
  private static final int BULK_BYTES = 64 << 10;

  private final ObjectStore store;
  private final Ticker ticker;
  private final CallTime writing = new CallTime();
  private final CallTime asking = new CallTime();
  private volatile Duration patience;
  private volatile boolean tires = true;

  /** When the store was last heard of; null before that. */
  private volatile @Nullable Long heardNanos;

  private volatile @Nullable Silence silence;

  /**
   * Nothing was answered since then.
   *
   * @param sinceNanos when the first call began that was not
   * @param untilNanos when the last of them ended
   * @param last what that one said
   */
  private record Silence(long sinceNanos, long untilNanos, Throwable last) {}

  /**
   * Limits a store, and closes it when it is closed itself.
   *
   * @param patience how long a call may take; 5 s if that is longer
   */
  public PatientStore(ObjectStore store, Duration patience, Ticker ticker) {
    this.store = store;
    this.ticker = ticker;
    this.patience = atLeast(patience);
  }

  /** Returns how long a call is given by whoever has so much patience. */
  public static Duration atLeast(Duration patience) {
    return patience.compareTo(LEAST) < 0 ? LEAST : patience;
  }

  /** Calls that begin from now on have another patience. */
  public void patience(Duration newPatience) {
    patience = atLeast(newPatience);
  }

  /** Whoever calls from now on tries again for ever. */
  public void tireless() {
    tires = false;
  }

  /** Returns when the store was last heard of, by the ticker; empty before that. */
  public OptionalLong heardNanos() {
    Long heard = heardNanos;
    return heard == null ? OptionalLong.empty() : OptionalLong.of(heard);
  }

  private PutResult write(ObjectBody body, Function<ObjectStore, PutResult> call) {
    UnavailableException tired = tired();
    if (tired != null) {
      return PutResult.unknown(tired);
    }
    Duration limit = limit(writing);
    long begun = ticker.nanos();
    PutResult result = call.apply(store.within(limit));
    Throwable failure = result.cause();
    if (result.outcome() == PutResult.Outcome.UNKNOWN
        && failure != null
        && !(failure instanceof StoreAccessException)) {
      unanswered(writing, limit, begun, failure);
    } else {
      heard();
      if (body.length() <= BULK_BYTES) {
        writing.answered(Duration.ofNanos(ticker.nanos() - begun));
      }
    }
    return result;
  }

  private <T> T ask(Function<ObjectStore, T> call) {
    UnavailableException tired = tired();
    if (tired != null) {
      throw tired;
    }
    Duration limit = limit(asking);
    long begun = ticker.nanos();
    T answer;
    try {
      answer = call.apply(store.within(limit));
    } catch (UnavailableException e) {
      unanswered(asking, limit, begun, e);
      throw e;
    } catch (MissingObjectException | StoreAccessException e) {
      heard();
      throw e;
    }
    heard();
    asking.answered(Duration.ofNanos(ticker.nanos() - begun));
    return answer;
  }

  private void heard() {
    heardNanos = ticker.nanos();
    silence = null;
  }

  private Duration limit(CallTime time) {
    Duration limit = time.limit(patience);
    Duration left = patience.minus(silentFor());
    return tires && heardNanos == null && left.compareTo(limit) < 0 ? atLeast(left) : limit;
  }

  /** What a call is up against that begins then: null if the last was answered, or long ago. */
  private @Nullable Silence silence(long nanos) {
    Silence last = silence;
    return last == null || nanos - last.untilNanos() >= patience.toNanos() ? null : last;
  }

  private Duration silentFor() {
    Silence now = silence(ticker.nanos());
    return now == null ? Duration.ZERO : Duration.ofNanos(ticker.nanos() - now.sinceNanos());
  }

  /** Null while it is worth while to ask. */
  private @Nullable UnavailableException tired() {
    Silence now = silence(ticker.nanos());
    Duration enough = heardNanos == null ? patience : patience.multipliedBy(HEARD);
    return tires
            && now != null
            && ticker.nanos() - now.untilNanos() < AGAIN.toNanos()
            && silentFor().compareTo(enough) >= 0
        ? new UnavailableException(
            store
                + " has not answered for "
                + silentFor().toSeconds()
                + " s, and is not asked again at once. It said last: "
                + now.last().getMessage(),
            now.last())
        : null;
  }

  private void unanswered(CallTime time, Duration limit, long begun, Throwable failure) {
    if (ticker.nanos() - begun >= limit.toNanos()) {
      time.givenUp(limit);
    }
    Silence before = silence(begun);
    Long heard = heardNanos;
    long since = heard != null && heard - begun > 0 ? heard : begun;
    silence = new Silence(before == null ? since : before.sinceNanos(), ticker.nanos(), failure);
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return write(body, limited -> limited.put(key, body));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(body, limited -> limited.putIfAbsent(key, body));
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(body, limited -> limited.putIfMatch(key, body, etag));
  }

  @Override
  public StoredObject get(String key) {
    return ask(limited -> limited.get(key));
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    return ask(limited -> limited.getRange(key, offset, length));
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    return ask(limited -> limited.list(prefix, startAfter, limit));
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    ask(
        limited -> {
          limited.deleteAll(keys);
          return keys;
        });
  }

  @Override
  public ObjectStore within(Duration longest) {
    var limited = new PatientStore(store.within(longest), patience, ticker);
    limited.tires = tires;
    limited.heardNanos = heardNanos;
    return limited;
  }

  @Override
  public Optional<String> absence() {
    return store.absence();
  }

  @Override
  public List<String> namesBeside(String prefix, int most) {
    return store.within(patience).namesBeside(prefix, most);
  }

  @Override
  public boolean keepsDeleted() {
    return store.keepsDeleted();
  }

  @Override
  public void close() {
    store.close();
  }

  @Override
  public String toString() {
    return store.toString();
  }
}
