package io.haduck.core.internal.log;

import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/** What the next changeset of a log has to go on from. */
interface ChainEnd {
  /** Of the last changeset. */
  LogPosition position();

  /** Counts the writers. */
  long epoch();

  /** Of the log. */
  UUID lineage();

  /** The last BASE or CHECKPOINT. */
  LogPosition anchor();

  /** The last changeset's, in microseconds since 1970. */
  long timeMicros();

  /** Of the database. */
  DatabaseIdentity identity();

  /** By which the last writer was given it; null if it did not say. */
  @Nullable String databasePath();

  /** The last self-contained WAL changeset since the anchor; {@link LogPosition#START} if none. */
  LogPosition rollUp();

  /** Blocks that changesets since the anchor listed and that are in use, in a new bitmap. */
  RoaringBitmap changedSinceAnchor();

  /** Blocks that were in use at the anchor and are not any more, in a new bitmap. */
  RoaringBitmap freedSinceAnchor();
}
