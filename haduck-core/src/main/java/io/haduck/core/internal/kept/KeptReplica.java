package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.ObjectStore;
import java.time.Instant;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A replica as it is to be read: by what is written down of its states, and not by which keys lie
 * there. Whoever keeps this knows the newest manifest that was seen, and notices if that is gone.
 * Safe for any thread.
 */
public final class KeptReplica {
  private final ObjectStore store;
  private final Retries retries;
  private final Manifests manifests;
  private final Names names;
  private final ReplicationLog log;

  /**
   * One in a store that is scoped to it.
   *
   * @param retries of whatever the store does not answer of manifests and names
   */
  public KeptReplica(ObjectStore store, Retries retries) {
    this.store = store;
    this.retries = retries;
    this.manifests = new Manifests(store, retries);
    this.names = new Names(store, manifests, retries);
    this.log = new ReplicationLog(store, this::readable);
  }

  /** Where it is; stays open. */
  public ObjectStore store() {
    return store;
  }

  /**
   * Its log, of which only those states exist that are kept. Costs a listing of {@code kept/} more
   * before and after another state than the head is read; where there is a manifest, that and the
   * names too.
   */
  public ReplicationLog log() {
    return log;
  }

  Names names() {
    return names;
  }

  /**
   * Which states exist now.
   *
   * @throws CorruptDataException if what is kept cannot be read
   */
  public ReadableStates readable() {
    return KeptStates.read(manifests, names);
  }

  /** Which states there must be, and why. */
  public ExpectedStates expected() {
    return ExpectedStates.read(manifests, names);
  }

  /**
   * Counts how often states were given up, so that a change shows that some may be gone. One
   * request, as a rule.
   *
   * @return 0 if none ever were
   */
  public long sweeps() {
    return manifests.newestNumber();
  }

  /** The store's clock, and not before a state was committed. Two requests. */
  Instant storeTimeSince(LogPosition state) {
    // The clock of a directory is when something was last written to it, and to which it is counts.
    String before = LogKeys.changeset(state.seq() - 1);
    return Stream.of(
            storeTime(), retries.run(() -> store.list(LogKeys.CHANGESETS, before, 1).storeTime()))
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  /** The store's clock. One request. */
  private Instant storeTime() {
    return retries.run(() -> store.list(LogKeys.KEPT, "", 1).storeTime());
  }

  @Override
  public String toString() {
    return store.toString();
  }
}
