package io.haduck.core.internal.capture;

import io.haduck.core.Ticker;
import io.haduck.core.internal.compaction.Compaction;
import io.haduck.core.internal.compaction.CompactionRules;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.settings.Compression;
import io.haduck.core.store.ObjectStore;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The uploader of the commit that a writer makes next: one for each seq, kept while it is tried
 * again. For the writer's thread, but for {@link #stop}.
 */
final class Uploads implements AutoCloseable {
  private final ObjectStore store;
  private final UUID nonce;
  private final Supplier<Backoff> backoffs;
  private final Compression compression;
  private final Ticker ticker;
  private final UploadLimits limits = UploadLimits.forThisMachine();
  private final UploadSlots slots;
  private volatile @Nullable SegmentUploader uploader;

  Uploads(
      ObjectStore store,
      UUID nonce,
      Compression compression,
      Ticker ticker,
      Supplier<Backoff> backoffs) {
    this.store = store;
    this.nonce = nonce;
    this.compression = compression;
    this.ticker = ticker;
    this.backoffs = backoffs;
    this.slots = new UploadSlots(limits.uploads(), ticker);
  }

  UploadLimits limits() {
    return limits;
  }

  /** One that writes where this does, and as this does what nobody waits for. */
  Compaction compaction(CompactionRules rules) {
    int level = CompressionPace.usualLevel(compression);
    return new Compaction(store, limits.segmentBytes(), level, rules, ticker, backoffs);
  }

  /** That of a commit. */
  SegmentUploader of(UUID lineage, long seq) {
    SegmentUploader current = uploader;
    if (current == null || current.seq() != seq) {
      close();
      var pace = new CompressionPace(compression, limits.workers(), ticker);
      current = new SegmentUploader(store, lineage, nonce, seq, limits, slots, pace, backoffs);
      uploader = current;
    }
    return current;
  }

  /** Lets what is on its way come to its end soon; for any thread. */
  void stop() {
    SegmentUploader current = uploader;
    if (current != null) {
      current.close();
    }
  }

  /** Forgets what was sent; what is on its way is abandoned. */
  @Override
  public void close() {
    stop();
    uploader = null;
  }
}
