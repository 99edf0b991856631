package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Checks a whole changeset, and finds out where it is damaged.
 *
 * <p>Two SHA-256 cover the head, its own and the trailer. So where it is known what a field should
 * be, from the key, the length or the changesets before, it is tried whether the object is right
 * with that: then exactly this field is damaged, and the changeset can be read nevertheless.
 *
 * @param decoded what it says, mended if need be; null if that cannot be told
 * @param damages of the head, the length and the trailer; that of the inline data is for who has
 *     the blocks' own checksums
 * @param dataOrTrailer whether the inline data or the trailer is damaged, and nothing else
 */
public record ChangesetCheck(
    @Nullable DecodedChangeset decoded, List<Damage> damages, boolean dataOrTrailer) {
  /** Copies the list. */
  public ChangesetCheck {
    damages = List.copyOf(damages);
  }

  /**
   * Checks an object.
   *
   * @param key of the object
   * @param head its first bytes, at least the whole head if the object has that; the whole object
   *     if {@link WholeObject#bytes()} are there
   * @param before the state that it should follow; null if unknown
   * @param lineage of the log; null if unknown
   */
  public static ChangesetCheck of(
      String key,
      WholeObject object,
      byte[] head,
      @Nullable LogState before,
      @Nullable UUID lineage) {
    DecodedChangeset decoded;
    try {
      decoded = ChangesetCodec.decode(key, head);
    } catch (CorruptDataException e) {
      return mended(key, object, before, lineage, String.valueOf(e.getMessage()));
    }
    if (decoded.objectLength() != object.length()) {
      return new ChangesetCheck(
          decoded, List.of(Damage.wrongLength(object.length(), decoded.objectLength())), false);
    }
    return new ChangesetCheck(decoded, List.of(), !object.trailerHolds());
  }

  private static ChangesetCheck mended(
      String key,
      WholeObject object,
      @Nullable LogState before,
      @Nullable UUID lineage,
      String problem) {
    byte[] bytes = object.bytes();
    if (bytes == null
        || object.trailerHolds()
        || bytes.length < ObjectLayout.MIN_CHANGESET_HEAD_LENGTH) {
      return unreadable(object, problem);
    }
    for (Field field : fields(key, bytes, before, lineage)) {
      byte[] mended = field.in(bytes);
      if (mended == null || !WholeObject.of(mended).trailerHolds()) {
        continue;
      }
      try {
        DecodedChangeset decoded = ChangesetCodec.decodeObject(key, mended);
        Damage damage =
            new Damage(
                field.offset,
                field.expected.length,
                field.name
                    + " is damaged, and nothing else: with the one that is expected there all"
                    + " SHA-256 hold");
        return new ChangesetCheck(decoded, List.of(damage), false);
      } catch (CorruptDataException e) {
        // not what it should have been, then
      }
    }
    return unreadable(object, problem);
  }

  /** Nothing but that the fault lies in the head, which ends where its length says. */
  private static ChangesetCheck unreadable(WholeObject object, String problem) {
    long end = object.length();
    byte[] bytes = object.bytes();
    if (bytes != null && bytes.length >= ObjectLayout.MIN_CHANGESET_HEAD_LENGTH) {
      ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      long headLength = Integer.toUnsignedLong(values.getInt(12));
      if (headLength > end) {
        end++; // perhaps nothing is damaged, and it ends too early
      } else if (headLength + values.getLong(16) + Digest.LENGTH == end && !object.trailerHolds()) {
        end = headLength;
      }
    }
    long to = Math.max(end, ObjectLayout.MIN_CHANGESET_HEAD_LENGTH);
    return new ChangesetCheck(null, List.of(Damage.between(0, to, problem)), false);
  }

  private static List<Field> fields(
      String key, byte[] bytes, @Nullable LogState before, @Nullable UUID lineage) {
    ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int headLength = values.getInt(12);
    long inlineLength = values.getLong(16);
    long content = (long) bytes.length - Digest.LENGTH;
    List<Field> fields = new ArrayList<>();
    fields.add(new Field(0, ChangesetCodec.MAGIC, "the magic"));
    fields.add(i32(8, ChangesetCodec.FORMAT_VERSION, "the format version"));
    fields.add(i32(12, content - inlineLength, "the length of the head"));
    fields.add(i64(16, content - headLength, "the length of the inline data"));
    fields.add(i64(24, LogKeys.changesetSeq(key).orElse(0), "the seq"));
    int digestAt = headLength - Digest.LENGTH;
    if (headLength >= ObjectLayout.MIN_CHANGESET_HEAD_LENGTH && headLength <= content) {
      byte[] digest = Digest.sha256(bytes, 0, digestAt).bytes();
      fields.add(new Field(digestAt, digest, "the digest"));
    }
    if (lineage != null) {
      fields.add(new Field(56, new Output().uuid(lineage).toByteArray(), "the lineage"));
    }
    if (before != null) {
      long epoch = before.epoch();
      fields.add(i64(32, epoch, "the epoch"));
      fields.add(i64(32, epoch + 1, "the epoch"));
      fields.add(new Field(40, new Output().uuid(before.nonce()).toByteArray(), "the nonce"));
      fields.add(new Field(72, before.position().digest().bytes(), "the parent's digest"));
      fields.add(i64(104, before.anchor().seq(), "the anchor's seq"));
      fields.add(new Field(112, before.anchor().digest().bytes(), "the anchor's digest"));
      byte[] identity = new Output().identity(before.identity()).toByteArray();
      fields.add(new Field(156, identity, "the identity"));
      fields.add(new Field(200, before.index().state().bytes(), "the state"));
    }
    for (ChangesetKind kind : ChangesetKind.values()) {
      fields.add(i32(152, kind.code(), "the kind"));
    }
    return fields;
  }

  private static Field i32(int offset, long value, String name) {
    return new Field(offset, new Output().i32((int) value).toByteArray(), name);
  }

  private static Field i64(int offset, long value, String name) {
    return new Field(offset, new Output().i64(value).toByteArray(), name);
  }

  /** What should stand somewhere. */
  private static final class Field {
    private final int offset;
    private final byte[] expected;
    private final String name;

    Field(int offset, byte[] expected, String name) {
      this.offset = offset;
      this.expected = expected;
      this.name = name;
    }

    /** The bytes with what should stand there; null if it does. */
    byte @Nullable [] in(byte[] bytes) {
      int end = offset + expected.length;
      if (end > bytes.length || Arrays.equals(bytes, offset, end, expected, 0, expected.length)) {
        return null;
      }
      byte[] mended = bytes.clone();
      System.arraycopy(expected, 0, mended, offset, expected.length);
      return mended;
    }
  }
}
