package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.FencedException;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.core.store.ReplicaPlace;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The replicas that other writers have taken over from this JVM. It does not take them back by
 * itself, unless they have its lease, so that it would wait for them: a pool that reconnects would
 * fence the writer that is alive, which would take it back in turn. Thread-safe; its size is the
 * number of replicas that were lost.
 */
public final class FencedReplicas {
  @GuardedBy("this")
  private final Map<ReplicaPlace, Loss> lost = new HashMap<>();

  /**
   * How a replica was lost.
   *
   * @param session of this process's lease; null if it had none
   */
  private record Loss(FencedException problem, @Nullable String session) {}

  /**
   * Another writer has taken a replica over.
   *
   * @param session of the lease that this process had; null if it had none
   */
  public synchronized void add(
      ReplicaLocation location, FencedException problem, @Nullable String session) {
    lost.putIfAbsent(ReplicaPlace.of(location), new Loss(problem, session));
  }

  /**
   * Refuses to take a replica back, unless the other writer has taken its lease: then this process
   * waits for that like any other.
   *
   * @param lease tells of whose session the lease is now; empty if there is none
   * @throws FencedException that says who has it since when, and what to do
   */
  public void requireOurs(ReplicaLocation location, Supplier<Optional<String>> lease) {
    ReplicaPlace place = ReplicaPlace.of(location);
    Loss loss = loss(place);
    if (loss == null) {
      return;
    }
    Optional<String> session = loss.session() == null ? Optional.empty() : lease.get();
    if (session.isPresent() && !session.get().equals(loss.session())) {
      forget(place);
      return;
    }
    FencedException problem = loss.problem();
    throw new FencedException(
        location + " is not opened again by this process: " + problem.getMessage(), problem);
  }

  private synchronized @Nullable Loss loss(ReplicaPlace place) {
    return lost.get(place);
  }

  private synchronized void forget(ReplicaPlace place) {
    lost.remove(place);
  }

  /** The user knows that the other writers are gone. */
  public synchronized void forgetAll() {
    lost.clear();
  }
}
