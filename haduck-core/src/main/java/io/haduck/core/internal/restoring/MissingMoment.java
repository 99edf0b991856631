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
    if (target instanceof RestoreTarget.AtTime at) {
      return new DivergedException(
          store
              + " begins with the commit of "
              + range.firstTime()
              + " (seq "
              + range.firstSeq()
              + "), and has no state at or before "
              + at.time()
              + ". The moments that it has: from "
              + range.firstTime()
              + " to "
              + range.lastTime()
              + " (seq "
              + range.lastSeq()
              + "), by its writers' clocks, in UTC. Nothing was changed");
    }
    long seq = target instanceof RestoreTarget.AtSeq at ? at.seq() : range.lastSeq();
    String has =
        ". It has seq "
            + range.firstSeq()
            + " ("
            + range.firstTime()
            + ") to "
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
              + (before == 0 ? "none before" : "seq " + before + " before")
              + ", seq "
              + dropped.get().after()
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
}
