package io.haduck.core.replica;

import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a process to its stores, at one of which something happens: others act, or the
 * process ends. Safe for any thread.
 */
final class GatedCalls {
  private volatile @Nullable Gate gate;
  private volatile boolean ended;

  /**
   * Where it happens, once.
   *
   * @param left how many of these calls come before it
   * @param before whether it happens before the call, or after it was carried out
   */
  private record Gate(
      BiPredicate<Operation, String> picks, AtomicInteger left, boolean before, Runnable happens) {}

  /** Returns a store whose calls are those of this process. */
  ObjectStore around(ObjectStore store) {
    return new FaultInjectingStore(store, 1)
        .named(store.toString())
        .beforeCall((operation, key) -> reach(operation, key, true))
        .afterCall((operation, key) -> reach(operation, key, false));
  }

  /** Something happens before the next call, or after it, of those that are picked. */
  void at(boolean before, int skipped, BiPredicate<Operation, String> picks, Runnable happens) {
    gate = new Gate(picks, new AtomicInteger(skipped), before, happens);
  }

  /** The process ends at a call, whichever it is. */
  GatedCalls endAt(boolean before, int skipped) {
    at(before, skipped, (operation, key) -> true, this::end);
    return this;
  }

  /** From now on no call comes to anything. */
  void end() {
    ended = true;
  }

  boolean hasEnded() {
    return ended;
  }

  private void reach(Operation operation, String key, boolean before) {
    Gate next = gate;
    if (!ended
        && next != null
        && next.before == before
        && next.picks.test(operation, key)
        && next.left.getAndDecrement() == 0) {
      gate = null;
      next.happens.run();
    }
    if (ended) {
      throw new UnavailableException("the process has ended at " + operation + " of " + key);
    }
  }
}
