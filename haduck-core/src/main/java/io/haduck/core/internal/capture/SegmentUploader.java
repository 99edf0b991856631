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
import java.util.concurrent.Semaphore;
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
  private final Semaphore inFlight;
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

  private volatile boolean closed;

  /** Stored bytes that go into one object, and which one that is when it is decided. */
  static final class Batch {
    private final List<StoredBytes> pieces = new ArrayList<>();
    private long size;
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
      Supplier<Backoff> backoffs) {
    this.store = store;
    this.lineage = lineage;
    this.nonce = nonce;
    this.seq = seq;
    this.limits = limits;
    this.retries = Retries.of(ATTEMPTS, backoffs);
    this.inFlight = new Semaphore(limits.uploads());
    this.threads =
        Executors.newFixedThreadPool(limits.uploads(), DaemonThreads.named("haduck-upload"));
  }

  long seq() {
    return seq;
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

  /** Takes a block, or a piece of the WAL; waits while too much is on its way. */
  Placed place(BlockHash hash, StoredBytes bytes, boolean checksumInvalid) {
    Batch full = null;
    Placed placed;
    synchronized (this) {
      if (open.size + bytes.length() > limits.segmentBytes() && !open.pieces.isEmpty()) {
        full = open;
        open = new Batch();
      }
      placed =
          new Placed(
              open, open.size, bytes.length(), bytes.crc32c(), bytes.compressed(), checksumInvalid);
      open.pieces.add(bytes);
      open.size += bytes.length();
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
      if (uploads.isEmpty() && open.size <= limits.inlineBytes()) {
        inline = open.pieces.stream().map(StoredBytes::bytes).toList();
      } else if (!open.pieces.isEmpty()) {
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
    round++;
    int now = round;
    sent.values().removeIf(known -> !known.isOfUse(now));
    open = new Batch();
  }

  private void send(Batch batch) {
    CompletableFuture<SegmentRef> upload = batch.upload;
    if (upload == null) {
      throw new IllegalStateException("a batch is sent only when it is decided to be a segment");
    }
    inFlight.acquireUninterruptibly();
    int number;
    synchronized (this) {
      number = nextNumber++;
    }
    threads.execute(
        () -> {
          try {
            var builder = new SegmentBuilder(lineage, seq, nonce, number);
            batch.pieces.forEach(builder::add);
            batch.pieces.clear();
            SegmentBuilder.BuiltSegment built = builder.build();
            put(built);
            upload.complete(built.ref());
          } catch (Throwable e) {
            upload.completeExceptionally(e);
          } finally {
            inFlight.release();
          }
        });
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
