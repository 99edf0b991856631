package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.FencedException;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.core.store.ReplicaPlace;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The replicas that other writers have taken over from this JVM. It does not take them back by
 * itself: a pool that reconnects would fence the writer that is alive, which would take it back in
 * turn. Thread-safe; its size is the number of replicas that were lost.
 */
public final class FencedReplicas {
  @GuardedBy("this")
  private final Map<ReplicaPlace, FencedException> lost = new HashMap<>();

  /** Another writer has taken a replica over. */
  public synchronized void add(ReplicaLocation location, FencedException problem) {
    lost.putIfAbsent(ReplicaPlace.of(location), problem);
  }

  /**
   * Refuses to take a replica back.
   *
   * @throws FencedException that says who has it since when, and what to do
   */
  public void requireOurs(ReplicaLocation location) {
    FencedException problem = problem(ReplicaPlace.of(location));
    if (problem != null) {
      throw new FencedException(
          location + " is not opened again by this process: " + problem.getMessage(), problem);
    }
  }

  private synchronized @Nullable FencedException problem(ReplicaPlace place) {
    return lost.get(place);
  }

  /** The user knows that the other writers are gone. */
  public synchronized void forgetAll() {
    lost.clear();
  }
}
