package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.util.Arrays;
import java.util.List;
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
    if (difference != null) {
      String what = "the snapshot does not match its changeset: " + difference;
      return new SnapshotCheck(null, List.of(place(bytes, state, what)));
    }
    return new SnapshotCheck(snapshot, List.of());
  }

  /** The same state is always encoded to the same bytes, so what differs from them is damaged. */
  private static Damage place(byte[] bytes, @Nullable LogState state, String what) {
    if (state == null || !state.kind().hasHeaders()) {
      return Damage.between(0, bytes.length, what);
    }
    byte[] expected = SnapshotCodec.encode(state.snapshot()).toByteArray();
    int from = Arrays.mismatch(bytes, expected);
    if (bytes.length != expected.length) {
      return Damage.between(Math.max(from, 0), Math.max(bytes.length, expected.length), what);
    }
    if (from < 0) {
      return Damage.between(0, bytes.length, what);
    }
    int to = bytes.length;
    while (bytes[to - 1] == expected[to - 1]) {
      to--;
    }
    return Damage.between(from, to, what);
  }
}
