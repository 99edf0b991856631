package io.haduck.core.internal.log;

import io.haduck.core.store.ObjectBody;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * A small log in which each kind of object and each section of format version 1 occurs, made of
 * constants. src/test/resources holds it as it was first written; that copy is never made anew.
 */
final class VersionOneLog {
  static final int BLOCK_SIZE = 16384;

  /** After an EPOCH, after a WAL that cuts off, and after a CHECKPOINT. */
  static final List<Integer> SNAPSHOTS = List.of(3, 5, 6);

  /** A zstd frame of 16384 zeros; spelled out, since libraries may compress differently. */
  private static final byte[] ZEROS =
      HexFormat.of().parseHex("28b52ffd60003f4d00001000000100fb9f0758");

  static final UUID LINEAGE = UUID.fromString("22222222-2222-4222-8222-222222222222");
  private static final UUID FIRST = UUID.fromString("11111111-1111-4111-8111-111111111111");
  private static final UUID SECOND = UUID.fromString("33333333-3333-4333-8333-333333333333");

  final NavigableMap<String, byte[]> objects = new TreeMap<>();
  final List<EncodedChangeset> changesets = new ArrayList<>();

  /** After each changeset. */
  final List<LogState> states = new ArrayList<>();

  final List<SegmentRef> segments = new ArrayList<>();

  VersionOneLog() {
    base();
    wal();
    add(
        ChangesetCodec.encode(
            head().nextEpoch(SECOND, head().time(), "/mnt/größer/app.duckdb"), List.of()));
    selfContainedWal();
    cuttingWal();
    checkpoint();
    for (int seq : SNAPSHOTS) {
      byte[] snapshot = SnapshotCodec.encode(states.get(seq - 1).snapshot()).toByteArray();
      objects.put(LogKeys.snapshot(seq), snapshot);
    }
  }

  /** What the WAL's stream holds after a seq. */
  static String streamAt(long seq) {
    return switch ((int) seq) {
      case 1 -> "base wal.";
      case 2, 3 -> "base wal.second.";
      case 4 -> "base wal.second.fourth.";
      case 5 -> "base wal.second.four, cut.";
      default -> "after the checkpoint.";
    };
  }

  static byte[] rawBlock() {
    byte[] raw = new byte[BLOCK_SIZE];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) (i * i / 61);
    }
    return raw;
  }

  private void base() {
    StoredBytes raw = new StoredBytes(rawBlock(), 0, rawBlock().length, false);
    SegmentBuilder segment = new SegmentBuilder(LINEAGE, 1, FIRST, 0);
    InlineData inline = new InlineData();
    StoredBlock one = zeros(1, inline);
    StoredBlock two = zeros(2, inline);
    StoredBlock three = StoredBlock.of(3, BlockHash.of(rawBlock()), raw, 1, segment.add(raw), true);
    List<StoredBlock> blocks = List.of(one, two, three);
    WalSection wal = WalSection.whole(8, List.of(piece("base wal.", inline)));
    SegmentRef ref = put(segment);
    add(
        encode(
            ChangesetKind.BASE,
            8,
            List.of(ref),
            List.of(),
            blocks,
            new RoaringBitmap(),
            wal,
            inline));
  }

  private void wal() {
    InlineData inline = new InlineData();
    List<StoredBlock> blocks = List.of(zeros(5, inline));
    WalSection wal =
        WalSection.continued(8, 9, LogPosition.START, List.of(piece("second.", inline)));
    RoaringBitmap freed = RoaringBitmap.bitmapOf(2);
    add(encode(ChangesetKind.WAL, 8, List.of(), List.of(), blocks, freed, wal, inline));
  }

  private void selfContainedWal() {
    InlineData inline = new InlineData();
    byte[] rolled = "base wal.".getBytes(StandardCharsets.US_ASCII);
    StoredBytes stored = new StoredBytes(rolled, 0, rolled.length, false);
    SegmentBuilder segment = new SegmentBuilder(LINEAGE, 3, SECOND, 7);
    long offset = segment.add(stored);
    ChangesetObjects objects = new ChangesetObjects(List.of(put(segment)));
    WalPiece first = new WalPiece(1, offset, 9, 9, crc(rolled), false, Digest.sha256(rolled));
    WalPiece second = objects.wal(head().wal().runs().get(1));
    WalSection wal = WalSection.whole(8, List.of(first, second, piece("fourth.", inline)));
    RoaringBitmap freed = RoaringBitmap.bitmapOf(2);
    List<StoredBlock> blocks = objects.blocks(head(), List.of(), freed);
    add(
        encode(
            ChangesetKind.WAL,
            8,
            objects.segments(),
            objects.earlier(),
            blocks,
            freed,
            wal,
            inline));
  }

  private void cuttingWal() {
    InlineData inline = new InlineData();
    List<StoredBlock> blocks = List.of(zeros(6, inline));
    WalSection wal = WalSection.continued(8, 20, head().rollUp(), List.of(piece(", cut.", inline)));
    RoaringBitmap none = new RoaringBitmap();
    add(encode(ChangesetKind.WAL, 8, List.of(), List.of(), blocks, none, wal, inline));
  }

  private void checkpoint() {
    InlineData inline = new InlineData();
    ChangesetObjects objects = new ChangesetObjects();
    StoredBlock three = objects.block(head().index(), 3);
    RoaringBitmap freed = RoaringBitmap.bitmapOf(1, 2);
    List<StoredBlock> news = List.of(three, zeros(7, inline));
    List<StoredBlock> blocks = objects.blocks(head(), news, freed);
    WalSection wal = WalSection.whole(9, List.of(piece("after the checkpoint.", inline)));
    add(
        encode(
            ChangesetKind.CHECKPOINT, 9, List.of(), objects.earlier(), blocks, freed, wal, inline));
  }

  private EncodedChangeset encode(
      ChangesetKind kind,
      long iteration,
      List<SegmentRef> refs,
      List<EarlierObject> earlier,
      List<StoredBlock> blocks,
      RoaringBitmap freed,
      WalSection wal,
      InlineData inline) {
    @Nullable LogState before = states.isEmpty() ? null : head();
    Changeset changeset =
        new Changeset(
            before == null ? 1 : before.position().seq() + 1,
            before == null ? 1 : before.epoch(),
            before == null ? FIRST : before.nonce(),
            LINEAGE,
            before == null ? Digest.ZERO : before.position().digest(),
            before == null ? LogPosition.START : before.anchor(),
            before == null ? 1_767_225_600_000_000L : before.timeMicros() + 1_000_000,
            kind,
            new DatabaseIdentity("44".repeat(16), 67, BLOCK_SIZE, iteration, 10),
            kind.hasHeaders() ? headers((int) iteration) : null,
            refs,
            earlier,
            blocks,
            freed,
            wal,
            before == null ? BlockIndex.stateOf(blocks) : before.index().stateAfter(blocks, freed),
            databasePath(kind, wal));
    return ChangesetCodec.encode(changeset, inline.pieces());
  }

  private @Nullable String databasePath(ChangesetKind kind, WalSection wal) {
    if (kind == ChangesetKind.BASE) {
      return "/data/app.duckdb";
    }
    return wal.selfContained() ? head().databasePath() : null;
  }

  private void add(EncodedChangeset encoded) {
    LogState after;
    if (states.isEmpty()) {
      after = LogState.start(encoded.decoded());
    } else {
      after = head().copy();
      after.apply(encoded.decoded());
    }
    states.add(after);
    changesets.add(encoded);
    objects.put(encoded.key(), encoded.body().toByteArray());
  }

  private LogState head() {
    return states.get(states.size() - 1);
  }

  private SegmentRef put(SegmentBuilder segment) {
    SegmentBuilder.BuiltSegment built = segment.build();
    ObjectBody body = built.body();
    segments.add(built.ref());
    objects.put(built.ref().key(), body.toByteArray());
    return built.ref();
  }

  private static StoredBlock zeros(int blockId, InlineData inline) {
    StoredBytes frame = new StoredBytes(ZEROS, 0, ZEROS.length, true);
    BlockHash hash = BlockHash.of(new byte[BLOCK_SIZE]);
    return StoredBlock.of(blockId, hash, frame, 0, inline.add(frame), false);
  }

  private static WalPiece piece(String text, InlineData inline) {
    byte[] raw = text.getBytes(StandardCharsets.US_ASCII);
    StoredBytes stored = new StoredBytes(raw, 0, raw.length, false);
    return new WalPiece(
        0, inline.add(stored), raw.length, raw.length, crc(raw), false, Digest.sha256(raw));
  }

  private static HeaderBytes headers(int fill) {
    byte[] bytes = new byte[HeaderBytes.LENGTH];
    Arrays.fill(bytes, 8, 4096, (byte) fill);
    return HeaderBytes.of(bytes);
  }

  private static int crc(byte[] bytes) {
    return StoredBytes.crc32cOf(bytes, 0, bytes.length);
  }
}
