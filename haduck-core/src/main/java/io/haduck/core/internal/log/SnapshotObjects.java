package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.util.List;

/**
 * Which objects a state needs, by the head of its snapshot: kilobytes from the front of an object
 * of many megabytes. The head verifies by itself; the rest of the object may be damaged.
 *
 * @param position of the changeset that the state is after
 * @param kind of that changeset
 * @param anchor the last BASE or CHECKPOINT up to there
 * @param length that the whole snapshot must have, in bytes
 * @param objects in ascending order of their keys, none twice
 */
public record SnapshotObjects(
    LogPosition position,
    ChangesetKind kind,
    LogPosition anchor,
    long length,
    List<LiveObject> objects) {
  /** How many bytes tell how long the head is. */
  public static final int PREFIX_LENGTH = SnapshotHead.PREFIX_LENGTH;

  /** Copies the list. */
  public SnapshotObjects {
    objects = List.copyOf(objects);
  }

  /**
   * How long the head of a snapshot is, in bytes: so many are to be read.
   *
   * @param key for messages
   * @param prefix the first bytes of the object, {@link #PREFIX_LENGTH} or more
   * @throws CorruptDataException if it is damaged; an {@link UnknownFormatException} if it is of
   *     another version
   */
  public static int headLength(String key, byte[] prefix) {
    return SnapshotHead.length(key, prefix);
  }

  /**
   * Reads the head of a snapshot and verifies its digest.
   *
   * @param key of the object; its seq must be the snapshot's
   * @param bytes the first bytes of the object, at least the whole head
   * @throws CorruptDataException if it is damaged; an {@link UnknownFormatException} if it is of
   *     another version
   */
  public static SnapshotObjects read(String key, byte[] bytes) {
    SnapshotHead head = SnapshotHead.decode(key, bytes);
    return new SnapshotObjects(
        head.position(), head.kind(), head.anchor(), head.length(), head.objects());
  }
}
