package io.haduck.core.internal.restoring;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.internal.fetch.EmptyReplica;
import io.haduck.core.internal.log.DroppedState;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogRange;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.ObjectStore;
import java.util.Optional;

/** Why a replica does not have the moment that was asked for, and which it has. */
final class MissingMoment {
  private MissingMoment() {}

  /** The error for a target that was not found. */
  static HaduckException of(RestoreTarget target, ObjectStore store, ReplicationLog replica) {
    Optional<LogRange> found = replica.range();
    if (found.isEmpty()) {
      return new DivergedException(EmptyReplica.text(store));
    }
    LogRange range = found.get();
    boolean swept = replica.dropped(range.firstSeq() - 1).isPresent();
    if (target instanceof RestoreTarget.AtTime at) {
      String moments =
          ". The moments that it has: from "
              + range.firstTime()
              + " (seq "
              + range.firstSeq()
              + ") to "
              + range.lastTime()
              + " (seq "
              + range.lastSeq()
              + "), by its writers' clocks, in UTC. Nothing was changed";
      return new DivergedException(
          swept
              ? store
                  + " does not keep the state of "
                  + at.time()
                  + " any more: its retention has given up what was before"
                  + moments
              : store
                  + " begins with the commit of "
                  + range.firstTime()
                  + " (seq "
                  + range.firstSeq()
                  + "), and has no state at or before "
                  + at.time()
                  + moments);
    }
    long seq = target instanceof RestoreTarget.AtSeq at ? at.seq() : range.lastSeq();
    String has =
        (swept ? ". The oldest state that it keeps: seq " : ". It has seq ")
            + range.firstSeq()
            + " ("
            + range.firstTime()
            + (swept ? "), the newest: seq " : ") to ")
            + range.lastSeq()
            + " ("
            + range.lastTime()
            + "). Nothing was changed";
    if (seq > range.lastSeq()) {
      return new DivergedException(store + " has no seq " + seq + " yet" + has);
    }
    Optional<DroppedState> dropped = replica.dropped(seq);
    if (dropped.isPresent()) {
      long before = dropped.get().before();
      return new DivergedException(
          store
              + " does not keep seq "
              + seq
              + " any more: its retention has given it up. The nearest that it keeps: "
              + (before == 0 ? "none before" : named(replica, before) + " before")
              + ", "
              + named(replica, dropped.get().after())
              + " after"
              + has);
    }
    if (seq < range.firstSeq()) {
      return new DivergedException(store + " does not keep seq " + seq + " any more" + has);
    }
    return new CorruptDataException(
        store
            + ": "
            + LogKeys.changeset(seq)
            + " is missing, but later ones are there; restore a deleted version of it, or choose another seq"
            + has);
  }

  private static String named(ReplicationLog replica, long seq) {
    return "seq "
        + seq
        + replica.read(seq).map(it -> " (" + it.changeset().time() + ")").orElse("");
  }
}
