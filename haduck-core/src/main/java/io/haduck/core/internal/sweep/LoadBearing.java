package io.haduck.core.internal.sweep;

import io.haduck.core.CorruptDataException;
import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SnapshotObjects;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots by which kept states are read when the changesets before them are gone: made where
 * they are missing, and read back and compared with what the log says as long as it does. For one
 * thread.
 */
final class LoadBearing {
  private final ObjectStore store;
  private final ReplicationLog log;
  private final Retries retries;
  private final boolean dryRun;
  private final Map<LogPosition, SnapshotObjects> objects = new HashMap<>();

  /**
   * Of one replica.
   *
   * @param dryRun nothing is written
   */
  LoadBearing(ObjectStore store, ReplicationLog log, Retries retries, boolean dryRun) {
    this.store = store;
    this.log = log;
    this.retries = retries;
    this.dryRun = dryRun;
  }

  /** The head of a state's snapshot, which {@link #require} or {@link #isThere} has found. */
  SnapshotObjects objects(LogPosition position) {
    SnapshotObjects found = objects.get(position);
    if (found == null) {
      throw new IllegalStateException("nothing is known of the snapshot of " + position);
    }
    return found;
  }

  /** Whether {@link #require} or {@link #isThere} has found it. */
  boolean isFound(LogPosition position) {
    return objects.containsKey(position);
  }

  /**
   * Whether the snapshot of a state is there, by its head, which verifies by itself.
   *
   * @throws CorruptDataException if something else is there
   */
  boolean isThere(LogPosition position) {
    if (objects.containsKey(position)) {
      return true;
    }
    SnapshotObjects found = readHead(position);
    if (found == null) {
      return false;
    }
    objects.put(position, found);
    return true;
  }

  private @Nullable SnapshotObjects readHead(LogPosition position) {
    String key = LogKeys.snapshot(position.seq());
    SnapshotObjects head;
    try {
      byte[] prefix = range(key, SnapshotObjects.PREFIX_LENGTH);
      head = SnapshotObjects.read(key, range(key, SnapshotObjects.headLength(key, prefix)));
    } catch (MissingObjectException e) {
      return null;
    }
    if (!head.position().equals(position)) {
      throw new CorruptDataException(
          store
              + "/"
              + key
              + " is of "
              + head.position()
              + ", and the state that is kept is "
              + position
              + ". Delete that key, and it is made anew if that is still possible; nothing is deleted");
    }
    return head;
  }

  private byte[] range(String key, int length) {
    return retries.run(
        () -> {
          try (StoredObject part = store.getRange(key, 0, length)) {
            return part.readAll();
          }
        });
  }

  /**
   * Sees to it that the snapshot of a state is there, and what it says is what the log says. A dry
   * run writes none, and its length is not known.
   *
   * @throws CorruptDataException if the state cannot be read, or is another one, or something else
   *     is there as its snapshot
   * @throws MissingObjectException if something is missing for reading it
   * @throws UnavailableException if the store does not answer
   */
  void require(LogPosition position) {
    if (objects.containsKey(position)) {
      return;
    }
    LogState state = load(position.seq());
    if (!state.position().equals(position)) {
      throw new CorruptDataException(
          store
              + ": the state of seq "
              + position.seq()
              + " is "
              + state.position()
              + ", and the one that is kept is "
              + position
              + "; nothing is deleted");
    }
    if (dryRun) {
      objects.put(
          position,
          new SnapshotObjects(position, state.kind(), state.anchor(), 0, log.objects(state)));
      return;
    }
    // Written, or compared; and what was written is compared.
    if (write(state).outcome() == PutResult.Outcome.DONE) {
      write(state);
    }
    if (!isThere(position)) {
      throw new MissingObjectException(
          store
              + "/"
              + LogKeys.snapshot(position.seq())
              + " was written, and is not there any more; nothing is deleted");
    }
  }

  /** By the changesets before it; only where they are gone by its snapshot alone. */
  private LogState load(long seq) {
    try {
      return retries.run(() -> log.loadBesideSnapshot(seq));
    } catch (CorruptDataException | MissingObjectException e) {
      try {
        return retries
            .run(() -> log.loadAt(seq, LoadProgress.NONE))
            .orElseThrow(() -> new MissingObjectException("there is no seq " + seq, e));
      } catch (CorruptDataException | MissingObjectException again) {
        HaduckException why = again;
        throw new CorruptDataException(
            store
                + ": the state of seq "
                + seq
                + " is kept, and cannot be read: "
                + why.getMessage()
                + ". Nothing is deleted",
            why);
      }
    }
  }

  private PutResult write(LogState state) {
    return retries.run(
        () -> {
          PutResult result = log.writeSnapshot(state);
          if (result.outcome() == PutResult.Outcome.UNKNOWN) {
            throw new UnavailableException(
                "it is not known whether "
                    + store
                    + "/"
                    + LogKeys.snapshot(state.position().seq())
                    + " was written: "
                    + result.cause(),
                result.cause());
          }
          return result;
        });
  }
}
