package io.haduck.core.internal.log;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a snapshot, which verifies by itself: all single values, and the table of
 * objects. See docs/internals/format.md.
 *
 * @param length of the whole object, in bytes
 * @param state of the block index
 * @param objects in ascending order of their keys
 */
record SnapshotHead(
    long length,
    LogPosition position,
    ChangesetKind kind,
    long epoch,
    UUID nonce,
    UUID lineage,
    LogPosition anchor,
    LogPosition rollUp,
    long walChangesets,
    long walBytes,
    long timeMicros,
    DatabaseIdentity identity,
    Digest state,
    List<LiveObject> objects) {
  static final int FORMAT_VERSION = 1;
  static final byte[] MAGIC = "HDKSNAPS".getBytes(StandardCharsets.US_ASCII);

  /** How many bytes tell how long the head is. */
  static final int PREFIX_LENGTH = 16;

  static final int FIXED_LENGTH = 292;

  /** An object takes no more in the table. */
  static final int MAX_OBJECT_LENGTH = 40;

  private static final int MIN_OBJECT_LENGTH = 20;

  static SnapshotHead of(Snapshot snapshot, List<LiveObject> objects, long length) {
    SinceAnchor since = snapshot.sinceAnchor();
    return new SnapshotHead(
        length,
        snapshot.position(),
        snapshot.kind(),
        snapshot.epoch(),
        snapshot.nonce(),
        snapshot.lineage(),
        snapshot.anchor(),
        since.rollUp(),
        since.walChangesets(),
        since.walBytes(),
        snapshot.timeMicros(),
        snapshot.identity(),
        snapshot.index().state(),
        objects);
  }

  /** With its digest at the end. */
  byte[] encode() {
    Output out = new Output();
    out.bytes(MAGIC)
        .i32(FORMAT_VERSION)
        .i32(0) // the length of the head, set at the end
        .i64(length)
        .position(position)
        .i32(kind.code())
        .i64(epoch)
        .uuid(nonce)
        .uuid(lineage)
        .position(anchor)
        .position(rollUp)
        .i64(walChangesets)
        .i64(walBytes)
        .i64(timeMicros)
        .identity(identity)
        .digest(state)
        .i32(objects.size());
    for (LiveObject object : objects) {
      ChangesetSections.writeObject(out, EarlierObject.ofKey(object.key()));
      out.i64(object.bytes());
    }
    out.i32At(12, out.length() + Digest.LENGTH);
    Digest digest = out.sha256();
    return out.digest(digest).toByteArray();
  }

  /** How long the head is, in bytes, by the first {@link #PREFIX_LENGTH} of the object or more. */
  static int length(String key, byte[] prefix) {
    Input in = new Input(key, prefix, 0, prefix.length);
    in.expect(MAGIC, "a snapshot");
    in.expectVersion(FORMAT_VERSION);
    return in.i32Between(
        FIXED_LENGTH + Digest.LENGTH, Integer.MAX_VALUE - 8, "the length of the head");
  }

  /**
   * Decodes it and verifies its digest.
   *
   * @param key of the object; its seq must be the snapshot's
   * @param bytes the first bytes of the object, at least the whole head
   */
  static SnapshotHead decode(String key, byte[] bytes) {
    int headLength = length(key, bytes);
    int end = headLength - Digest.LENGTH;
    if (headLength > bytes.length) {
      throw Input.endsInHead(key, bytes.length, headLength);
    }
    Input in = new Input(key, bytes, PREFIX_LENGTH, end);
    Digest found = Digest.sha256(bytes, 0, end);
    Digest stored = Digest.of(Arrays.copyOfRange(bytes, end, headLength));
    if (!found.equals(stored)) {
      throw in.corruptAt(end, "expected the SHA-256 of the head " + found + ", found " + stored);
    }
    try {
      SnapshotHead head = read(in);
      if (LogKeys.snapshotSeq(key).orElse(-1) != head.position().seq()) {
        throw in.corruptAt(24, "seq is " + head.position().seq() + ", not that of the key");
      }
      in.expectEnd("the objects");
      return head;
    } catch (IllegalArgumentException e) {
      throw in.corruptAt(in.offset(), String.valueOf(e.getMessage()), e);
    }
  }

  private static SnapshotHead read(Input in) {
    long length = in.u63("length");
    LogPosition position = in.position("seq");
    return new SnapshotHead(
        length,
        position,
        ChangesetKind.read(in),
        in.u63("epoch"),
        in.uuid(),
        in.uuid(),
        in.position("the anchor's seq"),
        in.position("the roll-up's seq"),
        in.u63("the number of WAL changesets"),
        in.u63("the number of WAL bytes"),
        in.u63("time"),
        in.identity(),
        in.digest(),
        readObjects(in, position.seq()));
  }

  private static List<LiveObject> readObjects(Input in, long seq) {
    int count = in.count(MIN_OBJECT_LENGTH, "objects");
    List<LiveObject> objects = new ArrayList<>(count);
    @Nullable String previous = null;
    for (int i = 0; i < count; i++) {
      int at = in.offset();
      EarlierObject object = ChangesetSections.readObject(in);
      String key = object.key();
      if (object.seq() > seq) {
        throw in.corruptAt(at, key + " is later than seq " + seq);
      }
      if (previous != null && key.compareTo(previous) <= 0) {
        throw in.corruptAt(at, key + " follows " + previous);
      }
      objects.add(new LiveObject(key, in.u63("the bytes of an object")));
      previous = key;
    }
    return objects;
  }
}
