package io.haduck.core.replica;

import io.haduck.core.internal.capture.ReplicaWriter;
import io.haduck.core.internal.capture.WriterListener;
import io.haduck.core.internal.upkeep.Scrub;
import io.haduck.core.internal.watch.DatabaseObserver;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/** What is due now and then, while there is nothing else to do. For the replicating thread. */
final class Upkeep {
  private final ReplicaWriter writer;
  private final Scrub scrub;
  private final WatchedDatabase watched;
  private final ReplicationProgress progress;

  Upkeep(ReplicaWriter writer, Scrub scrub, WatchedDatabase watched, ReplicationProgress progress) {
    this.writer = writer;
    this.scrub = scrub;
    this.watched = watched;
    this.progress = progress;
  }

  /** Returns how long until something is due, in nanoseconds. */
  long nanosToNext() {
    return watched.observer() == null
        ? Long.MAX_VALUE
        : Math.min(
            Math.min(scrub.nanosToNext(), writer.compaction().nanosToNext()),
            writer.head().nanosToCheck());
  }

  /** Does one thing that is due. */
  void run(@Nullable DatabaseObserver current, WriterListener listener) throws IOException {
    if (writer.head().nanosToCheck() <= 0) {
      writer.head().check();
    } else if (current != null && writer.compaction().nanosToNext() <= 0) {
      writer.compact(current, listener);
    } else if (current != null && scrub.nanosToNext() <= 0) {
      RoaringBitmap different = scrub.slice(current, writer.settledState());
      if (!different.isEmpty()) {
        writer.resend(current, different);
        progress.distrust();
        progress.wantNow();
      }
    }
  }
}
