package io.haduck.core.internal.restoring;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.internal.kept.KeptPoints;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.restore.RestoreTarget;
import java.util.List;
import java.util.stream.Collectors;

/** The state that a point names. */
final class NamedTarget {
  private static final int MOST_SHOWN = 10;

  private NamedTarget() {}

  /**
   * Loads it.
   *
   * @throws DivergedException if there is no such point; says which there are
   * @throws CorruptDataException if there is, and its state is lost
   */
  static LogState find(KeptReplica replica, String name) {
    var points = new KeptPoints(replica);
    KeptPoints.Named point =
        points.find(name).orElseThrow(() -> unknown(replica, name, points.list()));
    long seq = point.position().seq();
    LogState state =
        replica
            .log()
            .loadAt(seq, LoadProgress.NONE)
            .orElseThrow(
                () ->
                    MissingMoment.of(new RestoreTarget.AtSeq(seq), replica.store(), replica.log()));
    if (!state.position().equals(point.position())) {
      throw new CorruptDataException(
          replica
              + ": point "
              + name
              + " names seq "
              + point.position()
              + ", but what is there is "
              + state.position()
              + "; restore a deleted version of that changeset, or choose another state");
    }
    return state;
  }

  private static DivergedException unknown(
      KeptReplica replica, String name, List<KeptPoints.Named> all) {
    String shown =
        all.stream()
            .limit(MOST_SHOWN)
            .map(it -> it.name() + " (seq " + it.position().seq() + ", " + it.time() + ")")
            .collect(Collectors.joining(", "));
    return new DivergedException(
        replica
            + " has no point "
            + name
            + (all.isEmpty()
                ? ", and no other; Haduck.point makes them"
                : ". The points that it has: "
                    + shown
                    + (all.size() > MOST_SHOWN
                        ? " and " + (all.size() - MOST_SHOWN) + " more"
                        : ""))
            + ". Nothing was changed");
  }
}
