package io.haduck.testing.internal.splitbrain;

import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import io.haduck.testing.internal.splitbrain.Stage.Actor;
import io.haduck.testing.internal.splitbrain.Weather.Fate;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How one process reaches the store: requests and answers take their time, are lost, late or come
 * twice. What a process sent goes on its way when it is stopped or dead.
 *
 * <p>Threads that read in parallel for an actor are answered at once.
 */
final class Line implements ObjectStore {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Stage stage;
  private final SharedStore store;
  private final Weather weather;
  private final long patience;
  private final State state;

  /** Of one process, whatever it holds the line by. */
  static final class State {
    long silentUntil;
    long deniedUntil;
  }

  Line(Stage stage, SharedStore store, Weather weather, State state) {
    this(stage, store, weather, state, PATIENCE.toNanos());
  }

  private Line(Stage stage, SharedStore store, Weather weather, State state, long patience) {
    this.stage = stage;
    this.store = store;
    this.weather = weather;
    this.state = state;
    this.patience = patience;
  }

  @Override
  public ObjectStore within(Duration longest) {
    return new Line(stage, store, weather, state, Math.min(patience, longest.toNanos()));
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return write(key, () -> store.put(key, body));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(key, () -> store.putIfAbsent(key, body));
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(key, () -> store.putIfMatch(key, body, etag));
  }

  private static Actor actor() {
    Actor actor = Stage.current();
    if (actor == null) {
      throw new IllegalStateException("nobody's thread writes");
    }
    return actor;
  }

  private PutResult write(String key, Supplier<PutResult> effect) {
    Actor actor = actor();
    long sent = stage.now();
    if (sent < state.deniedUntil && !key.equals(SharedStore.LEASE)) {
      actor.sleep(weather.travels());
      throw new StoreAccessException("403 for " + key);
    }
    Fate fate = sent < state.silentUntil ? Fate.LOST : weather.fate();
    if (fate == Fate.LOST) {
      return unknown(actor, sent, "was lost");
    }
    AtomicReference<@Nullable PutResult> answer = new AtomicReference<>();
    long arrives = fate == Fate.LATE ? sent + patience + weather.later() : sent + weather.travels();
    stage.at(arrives, () -> answer.set(effect.get()));
    if (fate == Fate.TWICE) {
      arrives += weather.travels();
      stage.at(arrives, () -> answer.set(effect.get()));
    } else if (fate == Fate.ONCE_MORE) {
      stage.at(
          arrives + weather.later(),
          () -> {
            PutResult unusedSinceNobodyWaits = effect.get();
          });
    }
    long answered = arrives + weather.travels();
    if (fate == Fate.UNANSWERED || answered > sent + patience) {
      return unknown(actor, sent, "was not answered");
    }
    actor.sleepUntil(answered);
    PutResult result = answer.get();
    return result == null ? PutResult.unknown(new UnavailableException("nothing came")) : result;
  }

  private PutResult unknown(Actor actor, long sent, String what) {
    actor.sleepUntil(sent + Math.min(patience, weather.later()));
    return PutResult.unknown(new UnavailableException("a request " + what));
  }

  @Override
  public StoredObject get(String key) {
    return read(() -> store.get(key));
  }

  /** Is late instead of failing: whoever asks would try it again, by a clock that is not ours. */
  @Override
  public StoredObject getRange(String key, long offset, long length) {
    Actor actor = Stage.current();
    if (actor != null) {
      actor.sleepUntil(Math.max(stage.now(), state.silentUntil) + weather.travels());
    }
    StoredObject found = store.getRange(key, offset, length);
    if (actor != null) {
      actor.sleep(weather.travels());
    }
    return found;
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    return read(() -> store.list(prefix, startAfter, limit));
  }

  private <T> T read(Supplier<T> question) {
    Actor actor = Stage.current();
    if (actor == null) {
      return question.get();
    }
    long sent = stage.now();
    Fate fate = sent < state.silentUntil ? Fate.LOST : weather.fate();
    if (fate != Fate.LOST) {
      actor.sleep(weather.travels());
      try {
        T found = question.get();
        actor.sleep(weather.travels());
        if (fate != Fate.UNANSWERED && fate != Fate.LATE) {
          return found;
        }
      } catch (MissingObjectException e) {
        actor.sleep(weather.travels());
        throw e;
      }
    }
    actor.sleepUntil(Math.max(stage.now(), sent + Math.min(patience, weather.later())));
    throw new UnavailableException("a question was not answered");
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    throw new UnsupportedOperationException("only the sweeper deletes");
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "replica";
  }
}
