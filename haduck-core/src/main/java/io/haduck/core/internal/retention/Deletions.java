package io.haduck.core.internal.retention;

import io.haduck.core.retention.SweepOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which objects of a replica may be deleted: those that nothing needs that is kept, and that no
 * writer may be about to name. Never by age alone. Pure.
 *
 * @param head seq of the log's last changeset
 * @param anchor seq of the last checkpoint before or at the head: what is written for it or later
 *     may be named by the next commit, and by nothing else yet
 * @param now the store's time
 * @param grace what is younger stays; far longer than a writer may trust that it was confirmed
 */
public record Deletions(long head, long anchor, Instant now, Duration grace) {
  /** So many changesets before the head always stay. */
  static final long NEAR_HEAD = 100;

  /**
   * Checks the grace.
   *
   * @throws IllegalArgumentException if it is too short
   */
  public Deletions {
    if (grace.compareTo(SweepOptions.SHORTEST_GRACE) < 0) {
      throw new IllegalArgumentException("a grace of " + grace);
    }
  }

  /**
   * Says what may go, in the order in which it is to be deleted: what points somewhere before what
   * it points at.
   *
   * @param objects that are there
   * @param needed keys that reading some kept state takes
   */
  public List<ReplicaObject> of(List<ReplicaObject> objects, Set<String> needed) {
    List<ReplicaObject> pointing = new ArrayList<>();
    List<ReplicaObject> pointedAt = new ArrayList<>();
    for (ReplicaObject object : objects) {
      if (!needed.contains(object.key()) && mayGo(object)) {
        (object.kind() == ReplicaObject.Kind.SEGMENT ? pointedAt : pointing).add(object);
      }
    }
    pointing.addAll(pointedAt);
    return pointing;
  }

  private boolean mayGo(ReplicaObject object) {
    return switch (object.kind()) {
          case FENCE -> false;
          case CHANGESET -> object.seq() <= head - NEAR_HEAD;
          case SEGMENT -> object.seq() < anchor;
          case SNAPSHOT -> object.seq() < anchor;
        }
        && Duration.between(object.modified(), now).compareTo(grace) > 0;
  }
}
