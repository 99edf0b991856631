package io.haduck.core.internal.retention;

import java.time.Instant;

/**
 * An object of a replica, as listings show it. What is not haduck's is none.
 *
 * @param key relative to the replica
 * @param kind of it
 * @param seq in its key
 * @param length in bytes
 * @param modified the store's time
 */
public record ReplicaObject(String key, Kind kind, long seq, long length, Instant modified) {
  /** What the key says that it is. */
  public enum Kind {
    /** {@code log/…}: a changeset that may be deleted, if nothing needs it. */
    CHANGESET,
    /** {@code log/…} of a new writer, or of the beginning: it fences, and is never deleted. */
    FENCE,
    /** {@code segment/…}. */
    SEGMENT,
    /** {@code snapshot/…}. */
    SNAPSHOT
  }
}
