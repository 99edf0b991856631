package io.haduck.core.internal.capture;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.Segment;
import io.haduck.core.internal.log.SegmentBuilder;
import io.haduck.core.internal.log.SegmentRef;
import io.haduck.core.internal.log.StoredBytes;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Collects the blocks of one commit and sends them as segments while more are being read, within a
 * bound of memory; what stays small is handed over to travel inside the changeset.
 *
 * <p>What was sent is remembered by its hash until the commit, so a capture that the database
 * overtook, or the store let down, refers to it instead of sending it twice. {@link #place} is safe
 * for any thread; the other methods are for the thread that captures, while no worker places
 * anything.
 */
final class SegmentUploader implements AutoCloseable {
  private static final int ATTEMPTS = 4;

  /**
   * So many attempts that had no use for it, and what was sent is forgotten: while a database goes
   * on being written and a store takes some segments and not others, memory must not grow.
   */
  private static final int ROUNDS_KEPT = 20;

  private final ObjectStore store;
  private final UUID lineage;
  private final UUID nonce;
  private final long seq;
  private final UploadLimits limits;
  private final Retries retries;
  private final UploadSlots slots;
  private final CompressionPace pace;
  private final ExecutorService threads;

  @GuardedBy("this")
  private final Map<BlockHash, Sent> sent = new HashMap<>();

  @GuardedBy("this")
  private final List<CompletableFuture<SegmentRef>> uploads = new ArrayList<>();

  @GuardedBy("this")
  private Batch open = new Batch();

  @GuardedBy("this")
  private int nextNumber;

  @GuardedBy("this")
  private int round;

  /** The first segment's that was not taken since the capture began. */
  private volatile @Nullable HaduckException failure;

  private volatile boolean closed;

  /** Stored bytes that go into one object, and which one that is when it is decided. */
  static final class Batch {
    private ChunkedBytes bytes = new ChunkedBytes();
    private @Nullable CompletableFuture<SegmentRef> upload;

    /** The segment it was sent as; null for the data inside the changeset. */
    @Nullable SegmentRef segment() {
      return upload == null ? null : upload.join();
    }
  }

  /**
   * Where a block's bytes are: no {@code ObjectSlice} yet, since which object the batch becomes is
   * decided when it is full.
   *
   * @param batch that holds them
   * @param offset relative to the first byte of the batch
   * @param length as stored, in bytes
   */
  record Placed(
      Batch batch,
      long offset,
      int length,
      int crc32c,
      boolean compressed,
      boolean checksumInvalid) {
    /** Offset in the object that the batch becomes. */
    long offsetInObject() {
      return batch.upload == null ? offset : Segment.HEADER_LENGTH + offset;
    }
  }

  /** Something that was placed, and the last attempt to capture that had a use for it. */
  private record Sent(Placed placed, int round) {
    boolean isOfUse(int now) {
      CompletableFuture<SegmentRef> upload = placed.batch.upload;
      return upload != null && !upload.isCompletedExceptionally() && now - round <= ROUNDS_KEPT;
    }
  }

  /** An uploader for the commit that will have this seq. */
  SegmentUploader(
      ObjectStore store,
      UUID lineage,
      UUID nonce,
      long seq,
      UploadLimits limits,
      UploadSlots slots,
      CompressionPace pace,
      Supplier<Backoff> backoffs) {
    this.store = store;
    this.lineage = lineage;
    this.nonce = nonce;
    this.seq = seq;
    this.limits = limits;
    this.retries = Retries.of(ATTEMPTS, backoffs);
    this.slots = slots;
    this.pace = pace;
    this.threads =
        Executors.newFixedThreadPool(limits.uploads(), DaemonThreads.named("haduck-upload"));
  }

  long seq() {
    return seq;
  }

  /** Returns the level at which to compress what is placed next. */
  int level() {
    return pace.level();
  }

  /** Where a block with this content was put before, or null. */
  synchronized @Nullable Placed find(BlockHash hash) {
    Sent known = sent.get(hash);
    if (known == null) {
      return null;
    }
    sent.put(hash, new Sent(known.placed(), round));
    return known.placed();
  }

  /**
   * Takes a copy of a block, or of a piece of the WAL; waits while too much is on its way.
   *
   * @throws HaduckException if a segment could not be sent since the capture began
   */
  Placed place(BlockHash hash, StoredBytes bytes, boolean checksumInvalid) {
    Batch full = null;
    Placed placed;
    synchronized (this) {
      if (open.bytes.length() + bytes.length() > limits.segmentBytes() && open.bytes.length() > 0) {
        full = open;
        open = new Batch();
      }
      placed =
          new Placed(
              open,
              open.bytes.length(),
              bytes.length(),
              bytes.crc32c(),
              bytes.compressed(),
              checksumInvalid);
      open.bytes.append(bytes);
      sent.put(hash, new Sent(placed, round));
      if (full != null) {
        full.upload = new CompletableFuture<>();
        uploads.add(full.upload);
      }
    }
    if (full != null) {
      send(full);
    }
    return placed;
  }

  /**
   * All blocks are placed: waits until those that need it are in the store. Returns the pieces that
   * travel inside the changeset, in order; empty if everything is in segments.
   *
   * @throws UnavailableException if the store does not take them for now
   */
  List<byte[]> finish() {
    Batch last = null;
    List<byte[]> inline = List.of();
    List<CompletableFuture<SegmentRef>> waitFor;
    synchronized (this) {
      if (uploads.isEmpty() && open.bytes.length() <= limits.inlineBytes()) {
        inline = open.bytes.pieces();
      } else if (open.bytes.length() > 0) {
        last = open;
        open = new Batch();
        last.upload = new CompletableFuture<>();
        uploads.add(last.upload);
      }
      waitFor = List.copyOf(uploads);
    }
    if (last != null) {
      send(last);
    }
    for (CompletableFuture<SegmentRef> upload : waitFor) {
      try {
        upload.join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof HaduckException cause) {
          throw cause;
        }
        throw e;
      }
    }
    return inline;
  }

  /**
   * The capture begins, perhaps again: forgets what is not on its way, or failed, and keeps the
   * rest.
   */
  synchronized void restart() {
    uploads.removeIf(CompletableFuture::isCompletedExceptionally);
    failure = null;
    round++;
    int now = round;
    sent.values().removeIf(known -> !known.isOfUse(now));
    open = new Batch();
    pace.begin();
  }

  private void send(Batch batch) {
    CompletableFuture<SegmentRef> upload = batch.upload;
    if (upload == null) {
      throw new IllegalStateException("a batch is sent only when it is decided to be a segment");
    }
    pace.handedOver(slots.take(() -> failure != null || closed));
    HaduckException failed = failure;
    if (failed != null) { // what is read from here on would not be committed either
      slots.abandoned();
      upload.completeExceptionally(failed);
      throw failed;
    }
    int number;
    synchronized (this) {
      number = nextNumber++;
    }
    try {
      threads.execute(() -> send(batch, number, upload));
    } catch (RuntimeException | Error e) { // closed meanwhile, or there is no thread to be had
      slots.abandoned();
      upload.completeExceptionally(e);
      throw e;
    }
  }

  private void send(Batch batch, int number, CompletableFuture<SegmentRef> upload) {
    long sentBytes = -1;
    try {
      var builder = new SegmentBuilder(lineage, seq, nonce, number);
      builder.addAll(batch.bytes.pieces());
      batch.bytes = new ChunkedBytes();
      SegmentBuilder.BuiltSegment built = builder.build();
      put(built);
      sentBytes = built.ref().length();
      upload.complete(built.ref());
    } catch (Throwable e) {
      if (failure == null && e instanceof HaduckException problem) {
        failure = problem;
      }
      upload.completeExceptionally(e);
    } finally {
      if (sentBytes < 0) {
        slots.abandoned();
      } else {
        slots.sent(sentBytes);
      }
    }
  }

  private void put(SegmentBuilder.BuiltSegment built) {
    retries.run(() -> putOnce(built), () -> closed);
  }

  private PutResult putOnce(SegmentBuilder.BuiltSegment built) {
    if (closed) {
      throw new UnavailableException(
          "the replicator was closed before " + built.ref().key() + " was sent");
    }
    PutResult result = store.put(built.ref().key(), built.body());
    if (result.outcome() != PutResult.Outcome.DONE) {
      slots.failed();
      throw new UnavailableException(
          "cannot write " + store + "/" + built.ref().key() + ": " + result.cause(),
          result.cause());
    }
    return result;
  }

  /** Ends the threads; what is on its way is abandoned. */
  @Override
  public void close() {
    closed = true;
    threads.shutdown();
  }
}
