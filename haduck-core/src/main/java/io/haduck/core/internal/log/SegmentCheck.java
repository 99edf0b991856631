package io.haduck.core.internal.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Checks a whole segment, and finds out where it is damaged.
 *
 * @param damages of the header, the length and the trailer
 * @param dataDamaged whether the stored bytes between header and trailer are; which of them, only
 *     the checksums of what lies there tell
 */
public record SegmentCheck(List<Damage> damages, boolean dataDamaged) {
  private static final int LINEAGE_AT = 40;

  private record Field(int from, int to, String name) {}

  private static final List<Field> FIELDS =
      List.of(
          new Field(0, 8, "the magic"),
          new Field(8, 12, "the format version"),
          new Field(12, 16, "the number"),
          new Field(16, 24, "the seq"),
          new Field(24, LINEAGE_AT, "the nonce"),
          new Field(LINEAGE_AT, Segment.HEADER_LENGTH, "the lineage"));

  /** Copies the list. */
  public SegmentCheck {
    damages = List.copyOf(damages);
  }

  /**
   * Checks an object.
   *
   * @param key of the segment
   * @param head its first {@link Segment#HEADER_LENGTH} bytes, or all if there are fewer; the whole
   *     object if {@link WholeObject#bytes()} are there
   * @param ref what a changeset says of it; null if none does
   * @param lineage of the log; null if unknown
   */
  public static SegmentCheck of(
      String key,
      WholeObject object,
      byte[] head,
      @Nullable SegmentRef ref,
      @Nullable UUID lineage) {
    if (ref != null && object.length() != ref.length()) {
      return new SegmentCheck(List.of(Damage.wrongLength(object.length(), ref.length())), false);
    }
    if (object.length() < Segment.HEADER_LENGTH + Digest.LENGTH) {
      String what = "the object has " + object.length() + " bytes, fewer than any segment";
      return new SegmentCheck(List.of(Damage.between(0, object.length(), what)), false);
    }
    List<Damage> damages = new ArrayList<>();
    byte[] header = expectedHeader(key, head, lineage);
    for (Field field : FIELDS) {
      if (!Arrays.equals(head, field.from(), field.to(), header, field.from(), field.to())) {
        damages.add(
            Damage.between(
                field.from(),
                field.to(),
                field.name() + " in the header is not that of this segment"));
      }
    }
    Digest expected = ref == null ? object.trailer() : ref.sha256();
    if (!object.trailer().equals(expected)) {
      damages.add(
          Damage.between(
              object.contentLength(),
              object.length(),
              "the closing SHA-256 is " + object.trailer() + ", expected " + expected));
    }
    boolean data = !object.sha256().equals(expected);
    if (data && !damages.isEmpty()) {
      data = !holdsWith(object, header, expected);
    }
    return new SegmentCheck(damages, data);
  }

  /** Whether the object is right but for its header. */
  private static boolean holdsWith(WholeObject object, byte[] header, Digest expected) {
    byte[] bytes = object.bytes();
    if (bytes == null) {
      return true; // too long to be tried; what lies in it is checked by itself
    }
    byte[] mended = bytes.clone();
    System.arraycopy(header, 0, mended, 0, header.length);
    return Digest.sha256(mended, 0, mended.length - Digest.LENGTH).equals(expected);
  }

  private static byte[] expectedHeader(String key, byte[] head, @Nullable UUID lineage) {
    EarlierObject named = EarlierObject.ofKey(key);
    UUID nonce = named.nonce();
    if (nonce == null) {
      throw new IllegalArgumentException(key + " is not the key of a segment");
    }
    byte[] header =
        Segment.header(
            lineage == null ? new UUID(0, 0) : lineage, named.seq(), nonce, named.number());
    if (lineage == null) {
      System.arraycopy(head, LINEAGE_AT, header, LINEAGE_AT, header.length - LINEAGE_AT);
    }
    return header;
  }
}
