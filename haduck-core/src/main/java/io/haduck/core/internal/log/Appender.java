package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Appends changesets, one at a time, and finds out what became of each.
 *
 * <p>A seq is only ever written with one and the same bytes until its outcome is known. A store's
 * client can turn our own success into "exists" by its retry, so that answer is settled by reading
 * the object back and comparing every byte; the writer's nonce would not do, since clones of a
 * virtual machine share it.
 *
 * <p>Un-fencing: a writer that was frozen until the keys it would have collided with were deleted
 * can create its key and is fenced nevertheless. So an append whose store time lies more than the
 * lease's time to live after the last confirmation counts only if, afterwards, the log is seen to
 * end with it.
 *
 * <p>A bucket that was missing, or closed to this writer, may have come back as another one, empty
 * or restored from an old copy. So after an attempt that the store refused, the same holds.
 *
 * <p>Guarded by itself: callers on several threads wait for each other.
 */
final class Appender {
  private final ObjectStore store;
  private final Duration leaseTtl;
  private @Nullable EncodedChangeset unresolved;
  private @Nullable LogPosition lastCommitted;
  private @Nullable Instant lastConfirmed;
  private boolean refused;

  Appender(ObjectStore store, Duration leaseTtl) {
    this.store = store;
    this.leaseTtl = leaseTtl;
  }

  /** The store said at this time, by its own clock, that this writer is the one. */
  synchronized void confirmed(Instant storeTime) {
    if (lastConfirmed == null || storeTime.isAfter(lastConfirmed)) {
      lastConfirmed = storeTime;
    }
  }

  synchronized AppendResult append(EncodedChangeset encoded) {
    checkTurn(encoded);
    unresolved = encoded;
    AppendResult result;
    try {
      result = attempt(encoded);
    } catch (StoreAccessException e) {
      refused = true;
      throw e;
    }
    refused |= result.cause() instanceof StoreAccessException;
    switch (result.outcome()) {
      case COMMITTED -> {
        unresolved = null;
        refused = false;
        lastCommitted = encoded.position();
        Instant storeTime = result.storeTime();
        if (storeTime != null) {
          confirmed(storeTime);
        }
      }
      case TAKEN -> {
        unresolved = null;
        lastCommitted = null;
      }
      case UNKNOWN -> {}
    }
    return result;
  }

  private void checkTurn(EncodedChangeset encoded) {
    EncodedChangeset before = unresolved;
    if (before != null) {
      if (!sameBytes(before.body(), encoded.body()) || !before.key().equals(encoded.key())) {
        throw new IllegalStateException(
            "the outcome of "
                + before.key()
                + " (digest "
                + before.digest()
                + ") is not known yet; until it is,"
                + " nothing but the same bytes may be appended, not "
                + encoded.key());
      }
      return;
    }
    LogPosition last = lastCommitted;
    if (last != null
        && (encoded.changeset().seq() != last.seq() + 1
            || !encoded.changeset().parent().equals(last.digest()))) {
      throw new IllegalStateException(
          encoded.key()
              + " with parent "
              + encoded.changeset().parent()
              + " does not follow "
              + last);
    }
  }

  private AppendResult attempt(EncodedChangeset encoded) {
    PutResult put = store.putIfAbsent(encoded.key(), encoded.body());
    return switch (put.outcome()) {
      case DONE -> acknowledge(encoded, put.storeTime());
      case EXISTS -> readBack(encoded);
      case UNKNOWN, MISMATCH, MISSING ->
          new AppendResult(AppendOutcome.UNKNOWN, put.storeTime(), put.cause());
    };
  }

  private AppendResult readBack(EncodedChangeset encoded) {
    try (StoredObject object = store.get(encoded.key())) {
      boolean ours =
          object.length() == encoded.body().length() && sameBytes(object, encoded.body());
      return ours
          ? acknowledge(encoded, object.storeTime())
          : new AppendResult(AppendOutcome.TAKEN, object.storeTime(), null);
    } catch (MissingObjectException e) {
      return new AppendResult(AppendOutcome.UNKNOWN, null, e);
    } catch (IOException e) {
      return new AppendResult(
          AppendOutcome.UNKNOWN,
          null,
          new UnavailableException(
              "reading " + encoded.key() + " back broke off: " + e.getMessage(), e));
    } catch (HaduckException e) {
      return new AppendResult(AppendOutcome.UNKNOWN, null, e);
    }
  }

  private AppendResult acknowledge(EncodedChangeset encoded, @Nullable Instant storeTime) {
    Instant confirmed = lastConfirmed;
    if (!refused
        && storeTime != null
        && confirmed != null
        && Duration.between(confirmed, storeTime).compareTo(leaseTtl) <= 0) {
      return new AppendResult(AppendOutcome.COMMITTED, storeTime, null);
    }
    try {
      return checkHead(encoded, storeTime);
    } catch (HaduckException e) {
      return new AppendResult(AppendOutcome.UNKNOWN, storeTime, e);
    }
  }

  /** Whether the log ends with this changeset, its parent before it, and no snapshot beyond. */
  private AppendResult checkHead(EncodedChangeset encoded, @Nullable Instant putTime) {
    long seq = encoded.changeset().seq();
    LogListing tail = LogListing.changesets(store, Math.max(seq - 2, 0));
    LogListing snapshots = LogListing.snapshots(store, seq);
    long[] found = tail.entries().stream().mapToLong(LogEntry::seq).toArray();
    long[] expected = seq == 1 ? new long[] {1} : new long[] {seq - 1, seq};
    if (Arrays.equals(found, expected) && snapshots.entries().isEmpty()) {
      // Both are not later than now; a store of files tells old times for its listings.
      Instant time =
          putTime != null && putTime.isAfter(tail.storeTime()) ? putTime : tail.storeTime();
      return new AppendResult(AppendOutcome.COMMITTED, time, null);
    }
    return new AppendResult(
        AppendOutcome.TAKEN,
        tail.storeTime(),
        new CorruptDataException(
            encoded.key()
                + " was written long after the last sign that this writer is the one, or after the store had"
                + " refused it, and the log is not what it was: expected it to end with "
                + Arrays.toString(expected)
                + ", found changesets up to "
                + tail.last()
                + ", snapshots up to "
                + snapshots.last()));
  }

  private static boolean sameBytes(StoredObject object, ObjectBody body) throws IOException {
    for (byte[] piece : body.pieces()) {
      byte[] found = object.content().readNBytes(piece.length);
      if (found.length < piece.length) {
        throw new IOException("the stream ended early");
      }
      if (!Arrays.equals(found, piece)) {
        return false;
      }
    }
    return true;
  }

  private static boolean sameBytes(ObjectBody a, ObjectBody b) {
    if (a == b) {
      return true;
    }
    try (InputStream left = a.openStream();
        InputStream right = b.openStream()) {
      byte[] part;
      do {
        part = left.readNBytes(1 << 16);
        if (!Arrays.equals(part, right.readNBytes(1 << 16))) {
          return false;
        }
      } while (part.length > 0);
      return true;
    } catch (IOException e) {
      throw new IllegalStateException("arrays in memory can be read", e);
    }
  }
}
