package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.store.ObjectBody;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Checks a whole snapshot against the changeset that it was made after.
 *
 * @param snapshot what it says; null if it is damaged or does not match its changeset
 * @param damages where it is damaged
 */
public record SnapshotCheck(@Nullable Snapshot snapshot, List<Damage> damages) {
  /** Copies the list. */
  public SnapshotCheck {
    damages = List.copyOf(damages);
  }

  /**
   * Checks an object.
   *
   * @param key of the snapshot
   * @param bytes all of the object
   * @param changeset of the same seq; null if the log does not have it (readably)
   * @param state after that changeset, if it is known by other means than this snapshot
   */
  public static SnapshotCheck of(
      String key, byte[] bytes, @Nullable DecodedChangeset changeset, @Nullable LogState state) {
    Snapshot snapshot;
    try {
      snapshot = SnapshotCodec.decode(key, bytes);
    } catch (CorruptDataException e) {
      return new SnapshotCheck(null, List.of(place(bytes, state, String.valueOf(e.getMessage()))));
    }
    String difference = changeset == null ? null : snapshot.difference(changeset);
    if (difference == null && state != null) {
      difference = difference(snapshot, state);
    }
    if (difference != null) {
      String what = "the snapshot does not match the log: " + difference;
      return new SnapshotCheck(null, List.of(place(bytes, state, what)));
    }
    return new SnapshotCheck(snapshot, List.of());
  }

  /** The same state is always encoded to the same bytes, so what differs from them is damaged. */
  private static Damage place(byte[] bytes, @Nullable LogState state, String what) {
    if (state == null) {
      return Damage.between(0, bytes.length, what);
    }
    ObjectBody expected = SnapshotCodec.encode(state.snapshot());
    long first = -1;
    long last = -1;
    int at = 0;
    for (byte[] piece : expected.pieces()) {
      int there = Math.min(piece.length, bytes.length - at);
      int differs = Arrays.mismatch(bytes, at, at + there, piece, 0, there);
      if (differs >= 0) {
        int end = there;
        while (bytes[at + end - 1] == piece[end - 1]) {
          end--;
        }
        first = first < 0 ? (long) at + differs : first;
        last = (long) at + end;
      }
      at += there;
    }
    if (bytes.length != expected.length()) {
      long from = first < 0 ? Math.min(bytes.length, expected.length()) : first;
      return Damage.between(from, Math.max(bytes.length, expected.length()), what);
    }
    return first < 0 ? Damage.between(0, bytes.length, what) : Damage.between(first, last, what);
  }

  /**
   * How a snapshot disagrees with a state that was read from the log, in what its changeset does
   * not tell; null if it does not. Where blocks lie is not compared.
   */
  static @Nullable String difference(Snapshot snapshot, LogState read) {
    if (!snapshot.headers().equals(read.headers())) {
      return "headers differ from those of the anchor";
    }
    if (!Objects.equals(snapshot.databasePath(), read.databasePath())) {
      return "database path " + snapshot.databasePath() + ", not " + read.databasePath();
    }
    if (!snapshot.wal().equals(read.wal())) {
      return "the write-ahead log differs from the log's";
    }
    return snapshot.anchor().equals(read.anchor())
            && snapshot.sinceAnchor().equals(read.sinceAnchor())
        ? null
        : "what came since the anchor differs from the log's";
  }
}
