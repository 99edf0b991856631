package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
 * can create its key and is fenced nevertheless. So the first append, by which a writer takes over,
 * and one that is not covered by a {@link Confirmation}, counts only if, afterwards, the log is
 * seen to end with it. Nothing but an append of this writer and that listing confirms it; no lease
 * does.
 *
 * <p>The second line needs no clock: EPOCH changesets are never deleted, and that of whoever takes
 * over counts only at the head. So the next append of everyone before it meets it.
 *
 * <p>A bucket that was missing, or closed to this writer, may have come back as another one, empty
 * or restored from an old copy. So after an attempt that the store refused, the same holds.
 *
 * <p>Synchronized, but meant for the one thread that writes.
 */
public final class Appender {
  private final ObjectStore store;
  private final Duration believedFor;
  private final Ticker ticker;
  private final InstantSource clock;
  private @Nullable EncodedChangeset unresolved;
  private @Nullable LogPosition lastCommitted;
  private @Nullable Confirmation lastConfirmed;
  private boolean refused;

  /** Appends to the log in a store that is scoped to one replica. */
  public Appender(ObjectStore store, Ticker ticker, InstantSource clock) {
    this(store, Confirmation.BELIEVED_FOR, ticker, clock);
  }

  /** Believes for as long as a test wants. */
  public Appender(ObjectStore store, Duration believedFor, Ticker ticker, InstantSource clock) {
    this.store = store;
    this.believedFor = believedFor;
    this.ticker = ticker;
    this.clock = clock;
  }

  /**
   * One attempt to append a changeset. After {@code UNKNOWN}, call again with the same one; until
   * the outcome is known, and after {@code COMMITTED} for anything that neither follows nor is the
   * same once more, another one is an {@link IllegalStateException}.
   *
   * @throws StoreAccessException if the store refuses to write at all; the outcome stays unknown
   */
  public synchronized AppendResult append(EncodedChangeset encoded) {
    checkTurn(encoded);
    unresolved = encoded;
    long begun = ticker.nanos();
    Instant begunAt = clock.instant();
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
        lastConfirmed =
            storeTime == null ? null : new Confirmation(storeTime, begun, begunAt, believedFor);
      }
      case TAKEN -> {
        unresolved = null;
        lastCommitted = null;
        lastConfirmed = null;
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
    if (encoded.position().equals(last)) {
      return; // once more: whoever appended it could not acknowledge it at that time
    }
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
      case DONE -> acknowledge(encoded, put.storeTime(), true);
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
          ? acknowledge(encoded, object.storeTime(), false)
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

  /**
   * Takes what the store has, as committed if it follows.
   *
   * @param created whether it was created at this time; else some time before it, and who took over
   *     since would not be seen: then it is no confirmation
   */
  private AppendResult acknowledge(
      EncodedChangeset encoded, @Nullable Instant storeTime, boolean created) {
    Confirmation confirmed = lastConfirmed;
    if (encoded.changeset().kind() != ChangesetKind.EPOCH
        && !refused
        && storeTime != null
        && confirmed != null
        && confirmed.covers(storeTime, ticker.nanos(), clock.instant())) {
      return new AppendResult(AppendOutcome.COMMITTED, created ? storeTime : null, null);
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
