package io.haduck.core.internal.sweep;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/**
 * A store at each of whose calls a test can do something: kill the caller, or let others act while
 * it stands still, with all its threads. It deletes one object at a time, each by a call of its
 * own.
 */
final class SteppedStore implements ObjectStore {
  private final ObjectStore store;
  private Step before = (call, what) -> {};
  private Step after = (call, what) -> {};
  private int calls;

  /** What is done at a call. */
  interface Step {
    /**
     * Does it.
     *
     * @param call its number, from 1
     * @param what it is, for messages
     */
    void at(int call, String what);
  }

  SteppedStore(ObjectStore store) {
    this.store = store;
  }

  /** What is done before each call. */
  SteppedStore before(Step step) {
    before = step;
    return this;
  }

  /** What is done when each call had its effect. */
  SteppedStore after(Step step) {
    after = step;
    return this;
  }

  /** How many there were. */
  synchronized int calls() {
    return calls;
  }

  private synchronized <T> T step(String what, Supplier<T> call) {
    int number = ++calls;
    before.at(number, what);
    T answer = call.get();
    after.at(number, what);
    return answer;
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return step("PUT " + key, () -> store.put(key, body));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return step("PUT " + key, () -> store.putIfAbsent(key, body));
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return step("PUT " + key, () -> store.putIfMatch(key, body, etag));
  }

  @Override
  public StoredObject get(String key) {
    return step("GET " + key, () -> store.get(key));
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    return step("GET " + key, () -> store.getRange(key, offset, length));
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    return step("LIST " + prefix, () -> store.list(prefix, startAfter, limit));
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    for (String key : keys) {
      step(
          "DELETE " + key,
          () -> {
            store.deleteAll(List.of(key));
            return key;
          });
    }
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
