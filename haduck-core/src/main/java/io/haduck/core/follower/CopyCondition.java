package io.haduck.core.follower;

import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.log.LogPosition;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * What is noted of a copy, to be known again after the process ended anywhere.
 *
 * @param lineage of the database
 * @param position of the state that the copy holds, but for the blocks that are being written
 * @param stamp of the database file, if the copy is whole; null while it is written to
 * @param touched blocks that may hold anything; null for all of them. Empty if the copy is whole
 * @param givenAway whether it is not the follower's any more, for ever
 * @param kept what lets it be shown without its replica; null while it is written to, or if that is
 *     not known
 */
record CopyCondition(
    UUID lineage,
    LogPosition position,
    @Nullable FileStamp stamp,
    @Nullable RoaringBitmap touched,
    boolean givenAway,
    @Nullable KeptState kept) {
  static CopyCondition whole(
      UUID lineage, LogPosition position, FileStamp stamp, @Nullable KeptState kept) {
    return new CopyCondition(lineage, position, stamp, new RoaringBitmap(), false, kept);
  }

  static CopyCondition dirty(UUID lineage, LogPosition position, @Nullable RoaringBitmap touched) {
    return new CopyCondition(lineage, position, null, touched, false, null);
  }

  /** Of a copy that somebody else writes to from then on. */
  static CopyCondition givenAway(UUID lineage, LogPosition position) {
    return new CopyCondition(lineage, position, null, null, true, null);
  }

  /** Whether nothing was being written when this was noted. */
  boolean isWhole() {
    return stamp != null;
  }
}
