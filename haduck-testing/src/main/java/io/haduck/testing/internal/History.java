package io.haduck.testing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.ChangesetObjects;
import io.haduck.core.internal.log.DatabaseIdentity;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.HeaderBytes;
import io.haduck.core.internal.log.InlineData;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.SegmentBuilder;
import io.haduck.core.internal.log.StoredBlock;
import io.haduck.core.internal.log.StoredBytes;
import io.haduck.core.internal.log.WalPiece;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.log.WalSection;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
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
public final class History {
  public static final int BLOCK_SIZE = 16384;
  public static final long BLOCK_COUNT = 5000;

  private final Random random;
  private final BlockCompression compression = new BlockCompression();
  private final UUID nonce;
  public final UUID lineage;
  public final NavigableMap<Integer, byte[]> blocks = new TreeMap<>();
  public final NavigableMap<String, byte[]> segments = new TreeMap<>();
  private HeaderBytes headers;
  private long iteration = 1;
  private byte[] stream = new byte[0];
  public @Nullable LogState state;

  /** How long after the one before each changeset is made, in microseconds. */
  public long stepMicros = 1_000_000;

  public History(Random random) {
    this.random = random;
    nonce = new UUID(random.nextLong(), random.nextLong());
    lineage = new UUID(random.nextLong(), random.nextLong());
    headers = randomHeaders();
  }

  /** What there is at one seq, for a history that goes on from there. */
  public static final class Model {
    public final NavigableMap<Integer, byte[]> blocks;
    public final byte[] stream;
    private final HeaderBytes headers;
    private final long iteration;

    private Model(History history) {
      blocks = new TreeMap<>(history.blocks);
      stream = history.stream;
      headers = history.headers;
      iteration = history.iteration;
    }
  }

  /** What there is now. */
  public Model model() {
    return new Model(this);
  }

  /** Goes on from a state that was read from the log, as another writer. */
  public History(Random random, Model model, LogState state) {
    this.random = random;
    nonce = new UUID(random.nextLong(), random.nextLong());
    lineage = state.lineage();
    headers = model.headers;
    iteration = model.iteration;
    stream = model.stream;
    blocks.putAll(model.blocks);
    this.state = state;
  }

  /** The next changeset, applied to {@link #state}; the first one is a BASE. */
  public EncodedChangeset next() {
    if (state == null) {
      return base(1 + random.nextInt(8));
    }
    return switch (random.nextInt(16)) {
      case 0, 1 -> epoch();
      case 2, 3, 4 -> wal();
      case 5, 6 -> selfContainedWal();
      case 7 -> base(random.nextInt(8));
      case 8 -> checkpointWithWal();
      default -> checkpoint(random.nextInt(6), random.nextInt(4));
    };
  }

  public EncodedChangeset base(int count) {
    headers = randomHeaders();
    blocks.clear();
    for (int i = 0; i < count; i++) {
      blocks.put(randomId(), randomBlock());
    }
    stream = new byte[0];
    return append(ChangesetKind.BASE, blocks, new RoaringBitmap(), null);
  }

  public EncodedChangeset checkpoint(int changed, int freed) {
    headers = randomHeaders();
    iteration++;
    stream = new byte[0];
    RoaringBitmap gone = randomlyGone(freed);
    return append(ChangesetKind.CHECKPOINT, randomChange(changed, gone), gone, null);
  }

  public EncodedChangeset checkpointWithWal() {
    headers = randomHeaders();
    iteration++;
    stream = new byte[0];
    RoaringBitmap gone = randomlyGone(random.nextInt(3));
    Map<Integer, byte[]> news = randomChange(random.nextInt(4), gone);
    return append(ChangesetKind.CHECKPOINT, news, gone, new Cut(0, true, 0));
  }

  public EncodedChangeset wal() {
    long end = head().wal().length();
    long continueAt = random.nextInt(4) > 0 ? end : (long) (random.nextDouble() * end);
    RoaringBitmap gone = randomlyGone(random.nextInt(4) / 3);
    Map<Integer, byte[]> news = randomChange(random.nextInt(2), gone);
    return append(ChangesetKind.WAL, news, gone, new Cut(continueAt, false, 0));
  }

  /** Rolls up some of the stream's first runs and refers to the others. */
  public EncodedChangeset selfContainedWal() {
    RoaringBitmap gone = randomlyGone(random.nextInt(4) / 3);
    Map<Integer, byte[]> news = randomChange(random.nextInt(2), gone);
    int runs = random.nextInt(head().wal().runs().size() + 1);
    return append(ChangesetKind.WAL, news, gone, new Cut(0, true, runs));
  }

  /** As little as possible: one byte of WAL. */
  public EncodedChangeset tinyWal() {
    Cut cut = new Cut(head().wal().length(), false, 0);
    return append(ChangesetKind.WAL, Map.of(), new RoaringBitmap(), cut);
  }

  public EncodedChangeset epoch() {
    Instant now = Instant.ofEpochSecond(1_700_000_000 + random.nextInt(1000));
    return apply(
        ChangesetCodec.encode(
            head().nextEpoch(nonce, now, "/moved/" + head().position().seq() + "/ä.duckdb"),
            List.of()));
  }

  /** One that somebody else has made of {@link #head}. */
  public EncodedChangeset append(Changeset changeset) {
    return apply(ChangesetCodec.encode(changeset, List.of()));
  }

  public LogState head() {
    if (state == null) {
      throw new IllegalStateException("no changeset yet");
    }
    return state;
  }

  /** Puts what was made into a store: its segments first. */
  public EncodedChangeset commit(ObjectStore store, EncodedChangeset encoded) {
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

  private RoaringBitmap randomlyGone(int count) {
    RoaringBitmap gone = new RoaringBitmap();
    for (int i = 0; i < count && !blocks.isEmpty(); i++) {
      Integer id = blocks.ceilingKey(randomId());
      gone.add(id == null ? blocks.firstKey() : id);
      blocks.keySet().removeIf(gone::contains);
    }
    return gone;
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

  /** Where the WAL goes on; if self-contained, how many runs of it are rolled up. */
  private record Cut(long continueAt, boolean selfContained, int rolledUp) {}

  private EncodedChangeset append(
      ChangesetKind kind, Map<Integer, byte[]> news, RoaringBitmap gone, @Nullable Cut cut) {
    LogState before = state;
    long seq = before == null ? 1 : before.position().seq() + 1;
    InlineData inline = new InlineData();
    List<StoredBlock> stored = new ArrayList<>();
    List<SegmentBuilder> builders = new ArrayList<>();
    for (Map.Entry<Integer, byte[]> block : news.entrySet()) {
      StoredBytes bytes = compression.compress(block.getValue(), 0, BLOCK_SIZE);
      int object =
          random.nextInt(3) == 0 ? 1 + random.nextInt(Math.min(3, builders.size() + 1)) : 0;
      long offset = object > 0 ? builder(builders, object, seq).add(bytes) : inline.add(bytes);
      BlockHash hash = BlockHash.of(block.getValue());
      stored.add(
          StoredBlock.of(block.getKey(), hash, bytes, object, offset, random.nextInt(9) == 0));
    }
    List<WalPiece> rolledUp = new ArrayList<>();
    if (cut != null && cut.rolledUp() > 0 && before != null) {
      WalRun last = before.wal().runs().get(cut.rolledUp() - 1);
      byte[] raw = Arrays.copyOf(stream, (int) last.streamEnd());
      StoredBytes bytes = compression.compress(raw, 0, raw.length);
      rolledUp.add(piece(1, builder(builders, 1, seq).add(bytes), raw, bytes));
    }
    ChangesetObjects objects = new ChangesetObjects();
    for (int number = 1; number <= builders.size(); number++) {
      var built = builders.get(number - 1).build();
      assertThat(objects.segment(built.ref())).isEqualTo(number);
      segments.put(built.ref().key(), built.body().toByteArray());
    }
    RoaringBitmap freed = gone;
    List<StoredBlock> listed = stored;
    if (before != null
        && (kind == ChangesetKind.CHECKPOINT || (cut != null && cut.selfContained()))) {
      freed = RoaringBitmap.or(gone, before.freedSinceAnchor());
      news.keySet().forEach(freed::remove);
      listed = objects.blocks(before, stored, freed);
    }
    WalSection wal = cut == null ? null : walSection(kind, cut, rolledUp, objects, inline);
    BlockIndex index = before == null ? new BlockIndex() : before.index();
    Changeset changeset =
        new Changeset(
            seq,
            before == null ? 1 : before.epoch(),
            nonce,
            lineage,
            before == null ? Digest.ZERO : before.position().digest(),
            before == null ? LogPosition.START : before.anchor(),
            before == null ? 1_700_000_000_000_000L : before.timeMicros() + stepMicros,
            kind,
            new DatabaseIdentity(
                "00112233445566778899aabbccddeeff", 7, BLOCK_SIZE, iteration, BLOCK_COUNT),
            kind.hasHeaders() ? headers : null,
            objects.segments(),
            objects.earlier(),
            listed,
            freed,
            wal,
            kind == ChangesetKind.BASE
                ? BlockIndex.stateOf(listed)
                : index.stateAfter(listed, freed),
            databasePath(kind, wal));
    return apply(ChangesetCodec.encode(changeset, inline.pieces()));
  }

  /** The one with a number, from 1: there is one more at most than there was. */
  private SegmentBuilder builder(List<SegmentBuilder> builders, int number, long seq) {
    if (number > builders.size()) {
      builders.add(new SegmentBuilder(lineage, seq, nonce, builders.size()));
    }
    return builders.get(number - 1);
  }

  private @Nullable String databasePath(ChangesetKind kind, @Nullable WalSection wal) {
    if (kind == ChangesetKind.BASE) {
      return "/data/a.duckdb";
    }
    boolean says = kind.hasHeaders() || (wal != null && wal.selfContained());
    return says ? head().databasePath() : null;
  }

  private WalSection walSection(
      ChangesetKind kind,
      Cut cut,
      List<WalPiece> rolledUp,
      ChangesetObjects objects,
      InlineData inline) {
    List<WalPiece> pieces = new ArrayList<>(rolledUp);
    if (kind == ChangesetKind.WAL && cut.selfContained()) {
      List<WalRun> runs = head().wal().runs();
      for (WalRun run : runs.subList(cut.rolledUp(), runs.size())) {
        if (run.isWhole()) {
          pieces.add(objects.wal(run));
        } else {
          int end = (int) run.streamEnd();
          pieces.add(inlinePiece(inline, (int) run.streamOffset(), end));
        }
      }
    } else {
      stream = Arrays.copyOf(stream, (int) cut.continueAt());
    }
    byte[] bytes = new byte[1 + random.nextInt(300)];
    random.nextBytes(bytes);
    int from = stream.length;
    stream = Arrays.copyOf(stream, from + bytes.length);
    System.arraycopy(bytes, 0, stream, from, bytes.length);
    pieces.add(inlinePiece(inline, from, stream.length));
    return cut.selfContained()
        ? WalSection.whole(iteration, pieces)
        : WalSection.continued(iteration, cut.continueAt(), head().rollUp(), pieces);
  }

  private WalPiece inlinePiece(InlineData inline, int from, int to) {
    byte[] raw = Arrays.copyOfRange(stream, from, to);
    StoredBytes bytes = compression.compress(raw, 0, raw.length);
    return piece(0, inline.add(bytes), raw, bytes);
  }

  private static WalPiece piece(int object, long offset, byte[] raw, StoredBytes bytes) {
    return new WalPiece(
        object,
        offset,
        bytes.length(),
        raw.length,
        bytes.crc32c(),
        bytes.compressed(),
        Digest.sha256(raw));
  }

  /** What the WAL's stream of the present iteration holds. */
  public byte[] stream() {
    return stream.clone();
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
