package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.Ticker;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.IterationWal;
import io.haduck.core.internal.duckdb.WalFiles;
import io.haduck.core.internal.duckdb.WalView;
import io.haduck.core.internal.local.HeaderImages;
import io.haduck.core.internal.log.AppendOutcome;
import io.haduck.core.internal.log.Appender;
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
import io.haduck.core.internal.log.InlineData;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.StoredBlock;
import io.haduck.core.internal.log.StoredBytes;
import io.haduck.core.internal.log.WalPiece;
import io.haduck.core.internal.log.WalSection;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Writes the log of a real database by the simplest means, every block hashed each time, while
 * nobody changes the database: what readers are tested with, whatever the writer does.
 */
final class HandmadeReplica implements AutoCloseable {
  private final Appender log;
  private final Path database;
  private final IterationWal wal;
  private final BlockCompression compression = new BlockCompression();
  private final UUID lineage = UUID.randomUUID();
  private final UUID nonce = UUID.randomUUID();
  private @Nullable LogState state;

  HandmadeReplica(ObjectStore store, Path database) {
    this.log = new Appender(store, Ticker.system(), InstantSource.system());
    this.database = database;
    this.wal = new IterationWal(WalFiles.of(database));
  }

  /** A BASE or CHECKPOINT, without the WAL. */
  long checkpoint() throws IOException {
    DatabaseFile file = DatabaseFiles.open(database);
    DatabaseHeaders headers = file.readHeaders();
    RoaringBitmap used = FreeList.read(file, headers).inUse();
    BlockIndex index = state == null ? new BlockIndex() : state.index();
    RoaringBitmap freed = index.ids();
    freed.andNot(used);
    InlineData inline = new InlineData();
    List<StoredBlock> blocks = changed(file, headers, used, index, inline);
    ChangesetKind kind = state == null ? ChangesetKind.BASE : ChangesetKind.CHECKPOINT;
    return append(kind, HeaderImages.identity(headers), headers, blocks, freed, null, inline);
  }

  /** All that the WAL holds beyond what the log does, in one changeset. */
  long wal() throws IOException {
    return wal(Integer.MAX_VALUE);
  }

  /** The same in changesets of so many bytes, which need not end with a commit. */
  long wal(int bytesPerChangeset) throws IOException {
    WalView view = look();
    long from = head().wal().length();
    while (from < view.end()) {
      long to = Math.min(view.end(), from + bytesPerChangeset);
      wal(from, bytes(view, from, to));
      from = to;
    }
    return head().position().seq();
  }

  /** Cuts the stream off, and appends other bytes. */
  long wal(long continueAt, byte[] raw) throws IOException {
    DatabaseFile file = DatabaseFiles.open(database);
    DatabaseHeaders headers = file.readHeaders();
    RoaringBitmap named = wal.namedBlocks(0, look().end()).orElseGet(() -> all(headers));
    InlineData inline = new InlineData();
    List<StoredBlock> blocks = changed(file, headers, named, head().index(), inline);
    List<WalPiece> pieces = new ArrayList<>();
    if (raw.length > 0) {
      StoredBytes stored = compression.compress(raw, 0, raw.length);
      pieces.add(
          new WalPiece(
              0,
              inline.add(stored),
              stored.length(),
              raw.length,
              stored.crc32c(),
              stored.compressed(),
              Digest.sha256(raw)));
    }
    DatabaseIdentity before = HeaderImages.identity(headers);
    long count = Math.max(before.blockCount(), named.isEmpty() ? 0 : named.last() + 1L);
    return append(
        ChangesetKind.WAL,
        new DatabaseIdentity(
            before.identifier(),
            before.storageVersion(),
            before.blockSize(),
            before.iteration(),
            Math.max(count, head().identity().blockCount())),
        null,
        blocks,
        new RoaringBitmap(),
        WalSection.continued(before.iteration(), continueAt, head().rollUp(), pieces),
        inline);
  }

  long epoch() {
    return append(
        ChangesetCodec.encode(head().nextEpoch(UUID.randomUUID(), Instant.now(), null), List.of()));
  }

  LogState head() {
    if (state == null) {
      throw new IllegalStateException("no checkpoint yet");
    }
    return state;
  }

  /** The bytes of the stream that DuckDB has written. */
  byte[] stream() throws IOException {
    WalView view = look();
    return bytes(view, 0, view.end());
  }

  private WalView look() throws IOException {
    return wal.observe(DatabaseFiles.open(database).readHeaders());
  }

  private byte[] bytes(WalView view, long from, long to) throws IOException {
    byte[] raw = new byte[Math.toIntExact(to - from)];
    wal.read(view.iteration(), from, raw, 0, raw.length);
    return raw;
  }

  private static RoaringBitmap all(DatabaseHeaders headers) {
    return RoaringBitmap.bitmapOfRange(0, headers.active().blockCount() + 1000);
  }

  private List<StoredBlock> changed(
      DatabaseFile file,
      DatabaseHeaders headers,
      RoaringBitmap ids,
      BlockIndex index,
      InlineData inline)
      throws IOException {
    List<StoredBlock> blocks = new ArrayList<>();
    byte[] block = new byte[Math.toIntExact(headers.active().blockSize())];
    for (IntIterator each = ids.getIntIterator(); each.hasNext(); ) {
      int id = each.next();
      if (file.readUpTo(headers.blockPosition(id), block, 0, block.length) == block.length) {
        BlockHash hash = BlockHash.of(block);
        if (!index.hashEquals(id, hash)) {
          StoredBytes stored = compression.compress(block, 0, block.length);
          blocks.add(StoredBlock.of(id, hash, stored, 0, inline.add(stored), false));
        }
      }
    }
    return blocks;
  }

  private long append(
      ChangesetKind kind,
      DatabaseIdentity identity,
      @Nullable DatabaseHeaders headers,
      List<StoredBlock> blocks,
      RoaringBitmap freed,
      @Nullable WalSection section,
      InlineData inline) {
    LogState before = state;
    ChangesetObjects objects = new ChangesetObjects();
    RoaringBitmap gone = freed;
    List<StoredBlock> listed = blocks;
    if (before != null && kind == ChangesetKind.CHECKPOINT) {
      gone = RoaringBitmap.or(freed, before.freedSinceAnchor());
      for (StoredBlock block : blocks) {
        gone.remove(block.blockId());
      }
      listed = objects.blocks(before, blocks, gone);
    }
    Changeset changeset =
        new Changeset(
            before == null ? 1 : before.position().seq() + 1,
            before == null ? 1 : before.epoch(),
            nonce,
            lineage,
            before == null ? Digest.ZERO : before.position().digest(),
            before == null ? LogPosition.START : before.anchor(),
            before == null ? 1_700_000_000_000_000L : before.timeMicros() + 1_000_000,
            kind,
            identity,
            headers == null ? null : HeaderImages.of(headers),
            objects.segments(),
            objects.earlier(),
            listed,
            gone,
            section,
            before == null ? BlockIndex.stateOf(listed) : before.index().stateAfter(listed, gone),
            null);
    return append(ChangesetCodec.encode(changeset, inline.pieces()));
  }

  private long append(EncodedChangeset encoded) {
    assertThat(log.append(encoded).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    if (state == null) {
      state = LogState.start(encoded.decoded());
    } else {
      state.apply(encoded.decoded());
    }
    return encoded.position().seq();
  }

  @Override
  public void close() throws IOException {
    wal.close();
    compression.close();
  }
}
