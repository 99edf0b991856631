package io.haduck.core.internal.log;

import io.haduck.core.CorruptDataException;
import io.haduck.core.store.ObjectBody;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * The binary form of a changeset, byte by byte in docs/internals/format.md: a head (fixed part,
 * sections, its own SHA-256, which is the changeset's digest), inline data, and a SHA-256 over
 * everything.
 *
 * <p>Decoding accepts exactly what encoding writes; anything else is a {@link CorruptDataException}
 * (or an {@link UnknownFormatException}) that names object and offset, and memory is only taken in
 * proportion to the bytes that are there.
 */
public final class ChangesetCodec {
  /** How many bytes tell how long the head is. */
  public static final int PREFIX_LENGTH = 16;

  static final int FORMAT_VERSION = 1;
  static final byte[] MAGIC = "HDKCHSET".getBytes(StandardCharsets.US_ASCII);

  private static final int HEADERS = 1;
  private static final int SEGMENTS = 2;
  private static final int EARLIER = 3;
  private static final int BLOCKS = 4;
  private static final int FREED = 5;
  private static final int WAL = 6;
  private static final int PATH = 7;

  private ChangesetCodec() {}

  /**
   * Encodes a changeset.
   *
   * @param inlinePieces the inline data, one piece after the other; not copied
   * @throws IllegalArgumentException if a block or WAL piece lies outside of the inline data
   */
  public static EncodedChangeset encode(Changeset changeset, List<byte[]> inlinePieces) {
    long inlineLength = inlinePieces.stream().mapToLong(piece -> piece.length).sum();
    Output out = new Output();
    writeFixedPart(out, changeset, inlineLength);
    HeaderBytes headers = changeset.headers();
    if (headers != null) {
      int start = beginSection(out, HEADERS);
      out.bytes(headers.bytes());
      endSection(out, start);
    }
    if (!changeset.segments().isEmpty()) {
      int start = beginSection(out, SEGMENTS);
      ChangesetSections.writeSegments(out, changeset.segments());
      endSection(out, start);
    }
    if (!changeset.earlier().isEmpty()) {
      int start = beginSection(out, EARLIER);
      ChangesetSections.writeEarlier(out, changeset.earlier());
      endSection(out, start);
    }
    if (!changeset.blocks().isEmpty()) {
      int start = beginSection(out, BLOCKS);
      ChangesetSections.writeBlocks(out, changeset.blocks());
      endSection(out, start);
    }
    if (!changeset.freed().isEmpty()) {
      int start = beginSection(out, FREED);
      out.ids(changeset.freed());
      endSection(out, start);
    }
    WalSection wal = changeset.wal();
    if (wal != null) {
      int start = beginSection(out, WAL);
      ChangesetSections.writeWal(out, wal);
      endSection(out, start);
    }
    String databasePath = changeset.databasePath();
    if (databasePath != null) {
      int start = beginSection(out, PATH);
      out.bytes(DatabasePathText.encode(databasePath));
      endSection(out, start);
    }
    out.i32At(12, out.length() + Digest.LENGTH);
    Digest digest = out.sha256();
    byte[] head = out.digest(digest).toByteArray();
    checkInline(changeset, head.length, inlineLength);

    List<byte[]> pieces = new ArrayList<>(inlinePieces.size() + 2);
    pieces.add(head);
    pieces.addAll(inlinePieces);
    pieces.add(Segment.trailer(pieces));
    return new EncodedChangeset(
        new DecodedChangeset(changeset, head.length, inlineLength, digest), ObjectBody.of(pieces));
  }

  /**
   * How long the head of a changeset is, in bytes.
   *
   * @param key for messages
   * @param prefix the first bytes of the object, {@link #PREFIX_LENGTH} or more
   */
  public static int headLength(String key, byte[] prefix) {
    Input in = new Input(key, prefix, 0, prefix.length);
    in.expect(MAGIC, "a changeset");
    in.expectVersion(FORMAT_VERSION);
    return in.i32Between(
        ObjectLayout.MIN_CHANGESET_HEAD_LENGTH, Integer.MAX_VALUE - 8, "the length of the head");
  }

  /**
   * Decodes the head of a changeset and verifies its digest. The inline data is not looked at: it
   * is covered by the hashes in the head, and by the trailer.
   *
   * @param key of the object; its seq must be the changeset's
   * @param bytes the first bytes of the object, at least the whole head
   */
  public static DecodedChangeset decode(String key, byte[] bytes) {
    int headLength = headLength(key, bytes);
    if (headLength > bytes.length) {
      throw Input.endsInHead(key, bytes.length, headLength);
    }
    int end = headLength - Digest.LENGTH;
    Digest digest = Digest.sha256(bytes, 0, end);
    Digest stored = Digest.of(Arrays.copyOfRange(bytes, end, headLength));
    if (!stored.equals(digest)) {
      throw new CorruptDataException(
          key
              + " at offset "
              + end
              + ": expected the SHA-256 of the head "
              + digest
              + ", found "
              + stored
              + "; the object is damaged: "
              + Input.WHAT_TO_DO);
    }
    Input in = new Input(key, bytes, PREFIX_LENGTH, end);
    try {
      long inlineLength = in.u63("the length of the inline data");
      Changeset changeset = readChangeset(in);
      checkInline(changeset, headLength, inlineLength);
      if (LogKeys.changesetSeq(key).orElse(-1) != changeset.seq()) {
        throw in.corruptAt(24, "seq is " + changeset.seq() + ", not that of the key");
      }
      return new DecodedChangeset(changeset, headLength, inlineLength, digest);
    } catch (IllegalArgumentException e) {
      throw in.corruptAt(in.offset(), String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Decodes a whole object, trailer included: each flipped, missing or added byte is found.
   *
   * @param key of the object
   * @param bytes all of the object
   */
  public static DecodedChangeset decodeObject(String key, byte[] bytes) {
    DecodedChangeset decoded = decode(key, bytes);
    checkLength(key, decoded, bytes.length);
    int end = bytes.length - Digest.LENGTH;
    Digest found = Digest.sha256(bytes, 0, end);
    Digest trailer = Digest.of(Arrays.copyOfRange(bytes, end, bytes.length));
    if (!found.equals(trailer)) {
      throw new CorruptDataException(
          key
              + " at offset "
              + end
              + ": expected the SHA-256 of the object "
              + found
              + ", found "
              + trailer
              + "; the object is damaged: "
              + Input.WHAT_TO_DO);
    }
    return decoded;
  }

  /** Compares the length that a changeset should have with that of its object, in bytes. */
  static void checkLength(String key, DecodedChangeset decoded, long objectLength) {
    if (decoded.objectLength() != objectLength) {
      throw new CorruptDataException(
          key
              + " has "
              + objectLength
              + " bytes, expected "
              + decoded.objectLength()
              + "; the object is damaged: "
              + Input.WHAT_TO_DO);
    }
  }

  private static void checkInline(Changeset changeset, int headLength, long inlineLength) {
    if (inlineLength > 0xffff_ffffL - headLength) {
      throw new IllegalArgumentException(
          "a head of " + headLength + " and inline data of " + inlineLength + " bytes");
    }
    for (StoredBlock block : changeset.blocks()) {
      if (block.object() == 0 && block.offset() + block.storedLength() > inlineLength) {
        throw new IllegalArgumentException(
            "block "
                + block.blockId()
                + " ends beyond the inline data of "
                + inlineLength
                + " bytes");
      }
    }
    WalSection wal = changeset.wal();
    if (wal != null) {
      for (WalPiece piece : wal.pieces()) {
        if (piece.object() == 0 && piece.offset() + piece.storedLength() > inlineLength) {
          throw new IllegalArgumentException(
              "a WAL piece ends beyond the inline data of " + inlineLength + " bytes");
        }
      }
    }
  }

  private static void writeFixedPart(Output out, Changeset changeset, long inlineLength) {
    DatabaseIdentity identity = changeset.identity();
    out.bytes(MAGIC)
        .i32(FORMAT_VERSION)
        .i32(0) // the length of the head, set at the end
        .i64(inlineLength)
        .i64(changeset.seq())
        .i64(changeset.epoch())
        .uuid(changeset.nonce())
        .uuid(changeset.lineage())
        .digest(changeset.parent())
        .i64(changeset.anchor().seq())
        .digest(changeset.anchor().digest())
        .i64(changeset.timeMicros())
        .i32(changeset.kind().code())
        .identity(identity)
        .digest(changeset.state());
  }

  private static Changeset readChangeset(Input in) {
    long seq = in.u63("seq");
    long epoch = in.u63("epoch");
    var nonce = in.uuid();
    var lineage = in.uuid();
    Digest parent = in.digest();
    long anchorSeq = in.u63("the anchor's seq");
    LogPosition anchor = new LogPosition(anchorSeq, in.digest());
    long timeMicros = in.u63("time");
    ChangesetKind kind = ChangesetKind.read(in);
    DatabaseIdentity identity = in.identity();
    Digest state = in.digest();

    @Nullable HeaderBytes headers = null;
    List<SegmentRef> segments = List.of();
    List<EarlierObject> earlier = List.of();
    List<StoredBlock> blocks = List.of();
    RoaringBitmap freed = new RoaringBitmap();
    @Nullable WalSection wal = null;
    @Nullable String databasePath = null;
    long previous = 0;
    while (in.remaining() > 0) {
      int at = in.offset();
      long type = in.u32();
      if (type <= previous) {
        throw in.corruptAt(at, "section " + type + " follows section " + previous);
      }
      previous = type;
      Input section = in.slice(in.count(1, "bytes of section " + type));
      switch ((int) type) {
        case HEADERS -> headers = HeaderBytes.of(section.bytes(section.remaining()));
        case SEGMENTS -> segments = ChangesetSections.readSegments(section);
        case EARLIER -> earlier = ChangesetSections.readEarlier(section);
        case BLOCKS -> blocks = ChangesetSections.readBlocks(section, identity);
        case FREED -> {
          freed = BlockIds.decode(section, Integer.MAX_VALUE, 0, "freed ids");
          if (freed.isEmpty()) {
            throw section.corrupt("a section without freed ids");
          }
        }
        case WAL -> wal = ChangesetSections.readWal(section);
        case PATH -> databasePath = DatabasePathText.decode(section);
        default -> throw in.unknown(at, "section " + type);
      }
      section.expectEnd("section " + type);
    }
    return new Changeset(
        seq,
        epoch,
        nonce,
        lineage,
        parent,
        anchor,
        timeMicros,
        kind,
        identity,
        headers,
        segments,
        earlier,
        blocks,
        freed,
        wal,
        state,
        databasePath);
  }

  private static int beginSection(Output out, int type) {
    out.i32(type).i32(0);
    return out.length();
  }

  private static void endSection(Output out, int start) {
    out.i32At(start - 4, out.length() - start);
  }
}
