package io.haduck.core.internal.log;

import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The block index as of a BASE or CHECKPOINT, with what else a reader needs to go on from there.
 * Carries no data.
 *
 * @param position of the changeset
 * @param epoch of the changeset
 * @param nonce of the changeset's writer
 * @param lineage of the log
 * @param anchor what the next changeset has as its anchor
 * @param timeMicros of the changeset
 * @param identity of the database
 * @param headers of the database
 * @param index belongs to the snapshot
 */
public record Snapshot(
    LogPosition position,
    long epoch,
    UUID nonce,
    UUID lineage,
    LogPosition anchor,
    long timeMicros,
    DatabaseIdentity identity,
    HeaderBytes headers,
    BlockIndex index) {
  /** Its key in the store. */
  public String key() {
    return LogKeys.snapshot(position.seq());
  }

  /** How it disagrees with the changeset that it was made after; null if it does not. */
  @Nullable String difference(DecodedChangeset last) {
    Changeset changeset = last.changeset();
    if (!position.equals(last.position())) {
      return "position " + position + ", not " + last.position();
    }
    if (!changeset.kind().hasHeaders() || !anchor.equals(position)) {
      return "made after a " + changeset.kind() + " with anchor " + anchor;
    }
    if (epoch != changeset.epoch()
        || !nonce.equals(changeset.nonce())
        || !lineage.equals(changeset.lineage())
        || timeMicros != changeset.timeMicros()
        || !identity.equals(changeset.identity())
        || !Objects.equals(headers, changeset.headers())) {
      return "epoch, nonce, lineage, time, identity or headers differ";
    }
    Digest state = index.state();
    return state.equals(changeset.state()) ? null : "state " + state + ", not " + changeset.state();
  }
}
