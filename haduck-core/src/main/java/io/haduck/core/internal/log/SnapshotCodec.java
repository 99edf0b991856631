package io.haduck.core.internal.log;

import io.haduck.core.store.ObjectBody;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * The binary form of a snapshot, byte by byte in docs/internals/format.md. Decoding accepts exactly
 * what encoding writes and takes memory only in proportion to the bytes that are there.
 */
final class SnapshotCodec {
  static final int FORMAT_VERSION = 1;
  static final byte[] MAGIC = "HDKSNAPS".getBytes(StandardCharsets.US_ASCII);

  private static final int FIXED_LENGTH = 220;
  private static final int MAX_KEY_LENGTH = 128;

  private SnapshotCodec() {}

  /** About how long the snapshot of a state will be, in bytes; not below the truth. */
  public static long estimateLength(LogState state) {
    BlockIndex index = state.index();
    return FIXED_LENGTH
        + HeaderBytes.LENGTH
        + 100L * index.objects().bound()
        + (long) BlockRecord.LENGTH * index.cardinality()
        + index.ids().serializedSizeInBytes()
        + 8
        + Digest.LENGTH;
  }

  /** Encodes a snapshot. */
  public static ObjectBody encode(Snapshot snapshot) {
    BlockIndex index = snapshot.index();
    ObjectTable objects = index.objects();
    List<Integer> inUse = new ArrayList<>();
    for (int i = 0; i < objects.bound(); i++) {
      if (objects.contains(i)) {
        inUse.add(i);
      }
    }
    // The table's own numbers depend on how the state was reached; the bytes shall not.
    inUse.sort(Comparator.comparing(objects::key));
    int[] numbers = new int[objects.bound()];
    List<String> keys = new ArrayList<>(inUse.size());
    for (int number : inUse) {
      numbers[number] = keys.size();
      keys.add(objects.key(number));
    }
    Output out = new Output();
    out.bytes(MAGIC)
        .i32(FORMAT_VERSION)
        .i32(keys.size())
        .i64(snapshot.position().seq())
        .digest(snapshot.position().digest())
        .i64(snapshot.epoch())
        .uuid(snapshot.nonce())
        .uuid(snapshot.lineage())
        .i64(snapshot.anchor().seq())
        .digest(snapshot.anchor().digest())
        .i64(snapshot.timeMicros())
        .identity(snapshot.identity())
        .digest(index.state())
        .bytes(snapshot.headers().bytes());
    for (String key : keys) {
      byte[] bytes = key.getBytes(StandardCharsets.US_ASCII);
      out.u8(bytes.length).bytes(bytes);
    }
    RoaringBitmap ids = index.ids();
    out.ids(ids);
    ids.forEach((int blockId) -> index.write(blockId, numbers[index.objectOf(blockId)], out));
    Digest trailer = out.sha256();
    return ObjectBody.of(out.digest(trailer).toByteArray());
  }

  /**
   * Decodes a snapshot.
   *
   * @param key of the object; its seq must be the snapshot's
   * @param bytes all of the object
   */
  public static Snapshot decode(String key, byte[] bytes) {
    int end = bytes.length - Digest.LENGTH;
    Input in = new Input(key, bytes, 0, Math.max(end, 0));
    in.expect(MAGIC, "a snapshot");
    in.expectVersion(FORMAT_VERSION);
    Digest found = Digest.sha256(bytes, 0, end);
    Digest trailer = Digest.of(Arrays.copyOfRange(bytes, end, bytes.length));
    if (!found.equals(trailer)) {
      throw in.corruptAt(end, "expected the SHA-256 of the object " + found + ", found " + trailer);
    }
    try {
      return read(in, key);
    } catch (IllegalArgumentException e) {
      throw in.corruptAt(in.offset(), String.valueOf(e.getMessage()), e);
    }
  }

  private static Snapshot read(Input in, String key) {
    int objectCount = in.count(1, "objects");
    long seq = in.u63("seq");
    if (LogKeys.snapshotSeq(key).orElse(-1) != seq) {
      throw in.corruptAt(16, "seq is " + seq + ", not that of the key");
    }
    LogPosition position = new LogPosition(seq, in.digest());
    long epoch = in.u63("epoch");
    var nonce = in.uuid();
    var lineage = in.uuid();
    LogPosition anchor = new LogPosition(in.u63("the anchor's seq"), in.digest());
    long timeMicros = in.u63("time");
    DatabaseIdentity identity = in.identity();
    Digest state = in.digest();
    HeaderBytes headers = HeaderBytes.of(in.bytes(HeaderBytes.LENGTH));
    List<String> keys = readKeys(in, objectCount, seq);
    BlockIndex index = readIndex(in, identity, keys);
    in.expectEnd("the blocks");
    if (!index.state().equals(state)) {
      throw in.corrupt("expected the index to have state " + state + ", found " + index.state());
    }
    return new Snapshot(
        position, epoch, nonce, lineage, anchor, timeMicros, identity, headers, index);
  }

  private static List<String> readKeys(Input in, int count, long seq) {
    List<String> keys = new ArrayList<>(Math.min(count, in.remaining()));
    for (int i = 0; i < count; i++) {
      int at = in.offset();
      int length = in.u8();
      if (length > MAX_KEY_LENGTH) {
        throw in.corruptAt(at, "a key of " + length + " bytes");
      }
      String key = new String(in.bytes(length), StandardCharsets.ISO_8859_1);
      long objectSeq = LogKeys.changesetSeq(key).orElse(LogKeys.segmentSeq(key).orElse(0));
      if (objectSeq == 0 || objectSeq > seq) {
        throw in.corruptAt(
            at, "'" + key + "' is not the key of a changeset or segment up to " + seq);
      }
      keys.add(key);
    }
    return keys;
  }

  private static BlockIndex readIndex(Input in, DatabaseIdentity identity, List<String> keys) {
    RoaringBitmap ids = BlockIds.decode(in, identity.blockCount(), BlockRecord.LENGTH, "block ids");
    BlockIndex index = new BlockIndex();
    PeekableIntIterator iterator = ids.getIntIterator();
    while (iterator.hasNext()) {
      StoredBlock block = BlockRecord.read(in, iterator.next());
      if (!block.fits(identity.blockSize())) {
        throw in.corrupt("block " + block.blockId() + " has stored length " + block.storedLength());
      }
      if (block.object() >= keys.size()) {
        throw in.corrupt(
            "block "
                + block.blockId()
                + " lies in object "
                + block.object()
                + " of "
                + keys.size());
      }
      index.put(
          block.blockId(),
          block.hash(),
          keys.get(block.object()),
          (int) block.offset(),
          BlockRecord.lengthAndFlags(block),
          block.crc32c());
    }
    return index;
  }
}
