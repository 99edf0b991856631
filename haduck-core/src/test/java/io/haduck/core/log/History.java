package io.haduck.core.log;

import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * A made-up database whose changes become changesets, with a plain map of what its blocks hold. The
 * blocks of {@link #BLOCK_SIZE} bytes are partly compressible.
 */
final class History {
  static final int BLOCK_SIZE = 16384;
  static final long BLOCK_COUNT = 5000;

  private final Random random;
  private final BlockCompression compression = new BlockCompression();
  private final UUID nonce;
  final UUID lineage;
  final NavigableMap<Integer, byte[]> blocks = new TreeMap<>();
  final NavigableMap<String, byte[]> segments = new TreeMap<>();
  private HeaderBytes headers;
  private long iteration = 1;
  @Nullable LogState state;

  History(Random random) {
    this.random = random;
    nonce = new UUID(random.nextLong(), random.nextLong());
    lineage = new UUID(random.nextLong(), random.nextLong());
    headers = randomHeaders();
  }

  /** The next changeset, applied to {@link #state}; the first one is a BASE. */
  EncodedChangeset next() {
    if (state == null) {
      return base(1 + random.nextInt(8));
    }
    return switch (random.nextInt(12)) {
      case 0 -> epoch();
      case 1, 2 -> wal();
      case 3 -> base(random.nextInt(8));
      default -> checkpoint(random.nextInt(6), random.nextInt(4));
    };
  }

  EncodedChangeset base(int count) {
    headers = randomHeaders();
    blocks.clear();
    for (int i = 0; i < count; i++) {
      blocks.put(randomId(), randomBlock());
    }
    return append(ChangesetKind.BASE, blocks, new RoaringBitmap(), null, List.of());
  }

  EncodedChangeset checkpoint(int changed, int freed) {
    headers = randomHeaders();
    iteration++;
    RoaringBitmap gone = new RoaringBitmap();
    for (int i = 0; i < freed && !blocks.isEmpty(); i++) {
      Integer id = blocks.ceilingKey(randomId());
      gone.add(id == null ? blocks.firstKey() : id);
      blocks.keySet().removeIf(gone::contains);
    }
    Map<Integer, byte[]> news = randomChange(changed, gone);
    return append(ChangesetKind.CHECKPOINT, news, gone, null, List.of());
  }

  EncodedChangeset wal() {
    LogState before = head();
    byte[] bytes = new byte[1 + random.nextInt(300)];
    random.nextBytes(bytes);
    Map<Integer, byte[]> news = randomChange(random.nextInt(2), new RoaringBitmap());
    long end = before.wal().length();
    long continueAt = random.nextInt(4) > 0 ? end : (long) (random.nextDouble() * end);
    return append(ChangesetKind.WAL, news, new RoaringBitmap(), continueAt, List.of(bytes));
  }

  EncodedChangeset epoch() {
    Instant now = Instant.ofEpochSecond(1_700_000_000 + random.nextInt(1000));
    return apply(ChangesetCodec.encode(Changeset.epoch(head(), nonce, now), List.of()));
  }

  LogState head() {
    if (state == null) {
      throw new IllegalStateException("no changeset yet");
    }
    return state;
  }

  /** Puts what was made into a store: its segments first. */
  EncodedChangeset commit(ObjectStore store, EncodedChangeset encoded) {
    for (Map.Entry<String, byte[]> segment : segments.entrySet()) {
      PutResult put = store.put(segment.getKey(), ObjectBody.of(segment.getValue()));
      if (put.outcome() != PutResult.Outcome.DONE) {
        throw new IllegalStateException(segment.getKey() + ": " + put);
      }
    }
    segments.clear();
    PutResult put = store.putIfAbsent(encoded.key(), encoded.body());
    if (put.outcome() != PutResult.Outcome.DONE) {
      throw new IllegalStateException(encoded.key() + ": " + put);
    }
    return encoded;
  }

  private Map<Integer, byte[]> randomChange(int count, RoaringBitmap not) {
    TreeMap<Integer, byte[]> news = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      Integer known = blocks.ceilingKey(randomId());
      int id = random.nextBoolean() && known != null ? known : randomId();
      if (!not.contains(id)) {
        news.put(id, randomBlock());
      }
    }
    blocks.putAll(news);
    return news;
  }

  private EncodedChangeset append(
      ChangesetKind kind,
      Map<Integer, byte[]> news,
      RoaringBitmap freed,
      @Nullable Long continueAt,
      List<byte[]> walBytes) {
    LogState before = state;
    long seq = before == null ? 1 : before.position().seq() + 1;
    InlineData inline = new InlineData();
    List<SegmentRef> refs = new ArrayList<>();
    List<StoredBlock> stored = new ArrayList<>();
    SegmentBuilder segment = new SegmentBuilder(lineage, seq, nonce, 0);
    for (Map.Entry<Integer, byte[]> block : news.entrySet()) {
      StoredBytes bytes = compression.compress(block.getValue(), 0, BLOCK_SIZE);
      boolean toSegment = random.nextInt(3) == 0;
      long offset = toSegment ? segment.add(bytes) : inline.add(bytes);
      BlockHash hash = BlockHash.of(block.getValue());
      stored.add(
          StoredBlock.of(
              block.getKey(), hash, bytes, toSegment ? 1 : 0, offset, random.nextInt(9) == 0));
    }
    if (!segment.isEmpty()) {
      var built = segment.build();
      refs.add(built.ref());
      segments.put(built.ref().key(), built.body().toByteArray());
    }
    WalSection wal = continueAt == null ? null : walSection(continueAt, walBytes, inline);
    BlockIndex index = before == null ? new BlockIndex() : before.index();
    Changeset changeset =
        new Changeset(
            seq,
            before == null ? 1 : before.epoch(),
            nonce,
            lineage,
            before == null ? Digest.ZERO : before.position().digest(),
            before == null ? LogPosition.START : before.anchor(),
            before == null ? 1_700_000_000_000_000L : before.timeMicros() + 1_000_000,
            kind,
            new DatabaseIdentity(
                "00112233445566778899aabbccddeeff", 7, BLOCK_SIZE, iteration, BLOCK_COUNT),
            kind.hasHeaders() ? headers : null,
            refs,
            stored,
            freed,
            wal,
            kind == ChangesetKind.BASE
                ? BlockIndex.stateOf(stored)
                : index.stateAfter(stored, freed));
    return apply(ChangesetCodec.encode(changeset, inline.pieces()));
  }

  private WalSection walSection(long continueAt, List<byte[]> walBytes, InlineData inline) {
    List<WalPiece> pieces = new ArrayList<>();
    for (byte[] raw : walBytes) {
      StoredBytes bytes = compression.compress(raw, 0, raw.length);
      pieces.add(
          new WalPiece(
              0,
              inline.add(bytes),
              bytes.length(),
              raw.length,
              bytes.crc32c(),
              bytes.compressed(),
              Digest.sha256(raw)));
    }
    return new WalSection(iteration, continueAt, List.of(), pieces);
  }

  private EncodedChangeset apply(EncodedChangeset encoded) {
    if (state == null) {
      state = LogState.start(encoded.decoded());
    } else {
      state.apply(encoded.decoded());
    }
    return encoded;
  }

  private int randomId() {
    return random.nextInt(random.nextBoolean() ? 20 : (int) BLOCK_COUNT);
  }

  private byte[] randomBlock() {
    byte[] block = new byte[BLOCK_SIZE];
    if (random.nextInt(4) == 0) {
      random.nextBytes(block);
    } else {
      byte[] text = ("row " + random.nextLong()).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < block.length; i++) {
        block[i] = text[i % text.length];
      }
    }
    return block;
  }

  private HeaderBytes randomHeaders() {
    byte[] bytes = new byte[HeaderBytes.LENGTH];
    for (int i = 0; i < 200; i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return HeaderBytes.of(bytes);
  }
}
