package io.haduck.bench;

import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.ChangesetObjects;
import io.haduck.core.internal.log.DatabaseIdentity;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.DueSnapshots;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.HeaderBytes;
import io.haduck.core.internal.log.InlineData;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SegmentBuilder;
import io.haduck.core.internal.log.SnapshotPolicy;
import io.haduck.core.internal.log.StoredBlock;
import io.haduck.core.internal.log.StoredBytes;
import io.haduck.core.internal.log.WalPiece;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.log.WalSection;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * A log as a busy application makes it, without a database: small commits at a steady pace, the WAL
 * rolled up and checkpointed now and then, snapshots as a writer writes them, and now and then a
 * new writer. For one thread.
 */
final class SyntheticLog {
  private static final int BLOCK_SIZE = 16384;
  private static final int BLOCKS = 400;
  private static final int CHANGED_BLOCKS = 8;
  private static final int WAL_BYTES = 150;
  private static final int COMMITS_TO_ROLL_UP = 1_000;
  private static final int COMMITS_TO_CHECKPOINT = 2_500;
  private static final int COMMITS_TO_RESTART = 10_000;
  private static final Instant BEGINNING = Instant.parse("2025-01-01T00:00:00Z");
  private static final Duration STEP = Duration.ofSeconds(30);

  private final Random random;
  private final BlockCompression compression = new BlockCompression();
  private final UUID lineage;
  private final DueSnapshots snapshots;
  private final ObjectStore store;
  private UUID nonce;
  private Instant now = BEGINNING;
  private HeaderBytes headers = HeaderBytes.of(new byte[HeaderBytes.LENGTH]);
  private long iteration = 1;
  private byte[] stream = new byte[1 << 20];
  private int streamLength;
  private @Nullable LogState state;

  /** An empty one. */
  SyntheticLog(SetClock clock, Random random) {
    this.random = random;
    this.store = new CompactStore(clock);
    this.lineage = new UUID(random.nextLong(), random.nextLong());
    this.nonce = new UUID(random.nextLong(), random.nextLong());
    this.snapshots = new DueSnapshots(new ReplicationLog(store), SnapshotPolicy.DEFAULT);
    this.clock = clock;
  }

  private final SetClock clock;

  /** What it was written to. */
  ObjectStore store() {
    return store;
  }

  /** The state at its head; moves on with it. */
  LogState head() {
    if (state == null) {
      throw new IllegalStateException("nothing is written yet");
    }
    return state;
  }

  /** Commits until there are so many changesets. */
  void growTo(long seq) {
    for (long at = state == null ? 1 : state.position().seq() + 1; at <= seq; at++) {
      now = now.plus(STEP);
      clock.set(now);
      EncodedChangeset next = next(at);
      require(store.putIfAbsent(next.key(), next.body()));
      snapshots
          .writeIfDue(head())
          .ifPresent(
              why -> {
                throw new IllegalStateException(why);
              });
    }
  }

  private static void require(PutResult put) {
    if (put.outcome() != PutResult.Outcome.DONE) {
      throw new IllegalStateException(String.valueOf(put));
    }
  }

  private EncodedChangeset next(long seq) {
    if (state == null) {
      NavigableMap<Integer, byte[]> blocks = new TreeMap<>();
      for (int id = 0; id < BLOCKS; id++) {
        blocks.put(id, block());
      }
      return append(seq, ChangesetKind.BASE, blocks, false);
    }
    if (seq % COMMITS_TO_RESTART == 0) {
      nonce = new UUID(random.nextLong(), random.nextLong());
      EncodedChangeset epoch =
          ChangesetCodec.encode(head().nextEpoch(nonce, now, "/data/a.duckdb"), List.of());
      head().apply(epoch.decoded());
      return epoch;
    }
    if (seq % COMMITS_TO_CHECKPOINT == 1) {
      NavigableMap<Integer, byte[]> blocks = new TreeMap<>();
      while (blocks.size() < CHANGED_BLOCKS) {
        blocks.put(random.nextInt(BLOCKS), block());
      }
      byte[] bytes = headers.bytes();
      random.nextBytes(bytes);
      headers = HeaderBytes.of(Arrays.copyOf(bytes, HeaderBytes.LENGTH));
      iteration++;
      streamLength = 0;
      return append(seq, ChangesetKind.CHECKPOINT, blocks, false);
    }
    boolean rollUp = head().walChangesetsSinceRollUp() >= COMMITS_TO_ROLL_UP;
    return append(seq, ChangesetKind.WAL, new TreeMap<>(), rollUp);
  }

  private EncodedChangeset append(
      long seq, ChangesetKind kind, NavigableMap<Integer, byte[]> blocks, boolean rollUp) {
    var segment = new SegmentBuilder(lineage, seq, nonce, 0);
    List<StoredBlock> news = new ArrayList<>();
    blocks.forEach(
        (id, raw) -> {
          StoredBytes bytes = compression.compress(raw, 0, BLOCK_SIZE);
          long offset = segment.add(bytes);
          news.add(StoredBlock.of(id, BlockHash.of(raw), bytes, 1, offset, false));
        });
    List<WalPiece> pieces = new ArrayList<>();
    if (rollUp) {
      int from = firstSmallRun();
      StoredBytes bytes = compression.compress(stream, from, streamLength - from);
      pieces.add(piece(1, segment.add(bytes), from, bytes));
    }
    var objects = new ChangesetObjects();
    if (!segment.isEmpty()) {
      var built = segment.build();
      objects.segment(built.ref());
      require(store.put(built.ref().key(), built.body()));
    }
    if (rollUp) {
      List<WalPiece> large = new ArrayList<>();
      for (WalRun run : head().wal().runs()) {
        if (run.streamOffset() < firstSmallRun()) {
          large.add(objects.wal(run));
        }
      }
      pieces.addAll(0, large);
    }
    var inline = new InlineData();
    WalSection wal = null;
    if (kind == ChangesetKind.WAL) {
      int from = streamLength;
      addToStream();
      StoredBytes bytes = compression.compress(stream, from, streamLength - from);
      pieces.add(piece(0, inline.add(bytes), from, bytes));
      wal =
          rollUp
              ? WalSection.whole(iteration, pieces)
              : WalSection.continued(iteration, from, head().rollUp(), pieces);
    }
    LogState before = state;
    BlockIndex index = before == null ? new BlockIndex() : before.index();
    var changeset =
        new Changeset(
            seq,
            before == null ? 1 : before.epoch(),
            nonce,
            lineage,
            before == null ? Digest.ZERO : before.position().digest(),
            before == null ? LogPosition.START : before.anchor(),
            now.getEpochSecond() * 1_000_000,
            kind,
            new DatabaseIdentity(
                "00112233445566778899aabbccddeeff", 7, BLOCK_SIZE, iteration, BLOCKS),
            kind.hasHeaders() ? headers : null,
            objects.segments(),
            objects.earlier(),
            news,
            new RoaringBitmap(),
            wal,
            kind == ChangesetKind.BASE
                ? BlockIndex.stateOf(news)
                : index.stateAfter(news, new RoaringBitmap()),
            kind.hasHeaders() || rollUp ? "/data/a.duckdb" : null);
    EncodedChangeset encoded = ChangesetCodec.encode(changeset, inline.pieces());
    if (state == null) {
      state = LogState.start(encoded.decoded());
    } else {
      state.apply(encoded.decoded());
    }
    return encoded;
  }

  /** Where in the stream begins what no roll-up holds yet. */
  private int firstSmallRun() {
    for (WalRun run : head().wal().runs()) {
      if (run.rawLength() <= WAL_BYTES) {
        return (int) run.streamOffset();
      }
    }
    return streamLength;
  }

  private void addToStream() {
    if (streamLength + WAL_BYTES > stream.length) {
      stream = Arrays.copyOf(stream, stream.length * 2);
    }
    var bytes = new byte[WAL_BYTES];
    random.nextBytes(bytes);
    System.arraycopy(bytes, 0, stream, streamLength, WAL_BYTES);
    streamLength += WAL_BYTES;
  }

  private WalPiece piece(int object, long offset, int from, StoredBytes bytes) {
    int to = streamLength;
    return new WalPiece(
        object,
        offset,
        bytes.length(),
        to - from,
        bytes.crc32c(),
        bytes.compressed(),
        Digest.sha256(Arrays.copyOfRange(stream, from, to)));
  }

  private byte[] block() {
    var block = new byte[BLOCK_SIZE];
    Arrays.fill(block, (byte) random.nextInt());
    for (int i = 0; i < Long.BYTES; i++) {
      block[i] = (byte) random.nextInt();
    }
    return block;
  }
}
