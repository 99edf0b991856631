package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

/** Whatever the changeset of a snapshot says, the snapshot must say, too. */
class SnapshotDifferenceTest {
  private final Seed seed = new Seed(SnapshotDifferenceTest.class);
  private final History history = new History(seed.random);

  /** A snapshot's values, to be changed one at a time. */
  private static final class Draft {
    final Snapshot from;
    ChangesetKind kind;
    long epoch;
    UUID nonce;
    UUID lineage;
    LogPosition anchor;
    long timeMicros;
    DatabaseIdentity identity;
    HeaderBytes headers;
    @Nullable String path;
    BlockIndex index;
    List<WalRun> runs;
    RoaringBitmap changed;
    LogPosition rollUp;
    long walChangesets;
    long walBytes;

    Draft(Snapshot from) {
      this.from = from;
      kind = from.kind();
      epoch = from.epoch();
      nonce = from.nonce();
      lineage = from.lineage();
      anchor = from.anchor();
      timeMicros = from.timeMicros();
      identity = from.identity();
      headers = from.headers();
      path = from.databasePath();
      index = from.index().copy();
      runs = new ArrayList<>(from.wal().runs());
      changed = from.sinceAnchor().changed().clone();
      rollUp = from.sinceAnchor().rollUp();
      walChangesets = from.sinceAnchor().walChangesets();
      walBytes = from.sinceAnchor().walBytes();
    }

    Snapshot snapshot() {
      return new Snapshot(
          from.position(),
          kind,
          epoch,
          nonce,
          lineage,
          anchor,
          timeMicros,
          identity,
          headers,
          path,
          index,
          new WalStream(identity.iteration(), runs),
          new SinceAnchor(
              from.sinceAnchor().anchorIds(), changed, rollUp, walChangesets, walBytes));
    }
  }

  private interface Lie {
    void make(Draft draft);
  }

  @Test
  void afterABase() {
    history.base(4);
    EncodedChangeset last = history.base(3);
    assertAllOfThemRefused(last);
    assertRefused(last, d -> d.headers = HeaderBytes.of(new byte[HeaderBytes.LENGTH]), "headers");
    assertRefused(last, d -> d.path = "/other", "database path");
    assertRefused(last, d -> move(d, last), "lies elsewhere");
    assertRefused(last, d -> d.runs = List.of(run()), "the write-ahead log differs");
  }

  @Test
  void afterACheckpoint() {
    history.base(4);
    EncodedChangeset last = history.checkpointWithWal();
    while (last.changeset().blocks().isEmpty()) {
      last = history.checkpointWithWal();
    }
    EncodedChangeset checkpoint = last;
    assertAllOfThemRefused(last);
    assertRefused(last, d -> d.headers = HeaderBytes.of(new byte[HeaderBytes.LENGTH]), "headers");
    assertRefused(last, d -> d.path = null, "database path");
    assertRefused(last, d -> move(d, checkpoint), "lies elsewhere");
    assertRefused(last, d -> d.runs = List.of(), "the write-ahead log differs");
    assertRefused(last, d -> d.anchor = new LogPosition(1, d.anchor.digest()), "anchor");
    assertRefused(last, d -> d.walChangesets = 1, "nothing came since the anchor");
  }

  @Test
  void afterAWalThatGoesOn() {
    history.base(4);
    history.selfContainedWal();
    EncodedChangeset last = history.wal();
    while (last.changeset().blocks().isEmpty() || history.head().wal().runs().size() < 2) {
      last = history.wal();
    }
    EncodedChangeset wal = last;
    assertAllOfThemRefused(last);
    assertRefused(last, d -> move(d, wal), "lies elsewhere");
    assertRefused(last, d -> d.runs.remove(d.runs.size() - 1), "the write-ahead log differs");
    assertRefused(last, d -> d.runs.set(d.runs.size() - 1, run()), "the write-ahead log differs");
    assertRefused(last, d -> d.runs.remove(0), "the write-ahead log differs");
    assertRefused(last, d -> d.anchor = new LogPosition(1, Digest.sha256(new byte[1])), "anchor");
    assertRefused(last, d -> d.rollUp = LogPosition.START, "roll-up");
    assertRefused(last, d -> d.changed = new RoaringBitmap(), "changed");
    assertRefused(last, d -> zeroWal(d), "fewer WAL changesets");
    assertRefused(last, d -> d.walBytes = 0, "fewer WAL changesets");
    assertRefused(last, d -> d.walChangesets = 1_000, "WAL changesets with");
  }

  @Test
  void afterASelfContainedWal() {
    history.base(4);
    while (history.head().changedSinceAnchor().isEmpty()) {
      history.wal();
    }
    EncodedChangeset last = history.selfContainedWal();
    while (last.changeset().blocks().isEmpty()) {
      last = history.selfContainedWal();
    }
    EncodedChangeset wal = last;
    assertAllOfThemRefused(last);
    assertRefused(last, d -> d.path = "/other", "database path");
    assertRefused(last, d -> move(d, wal), "lies elsewhere");
    assertRefused(last, d -> d.runs.remove(0), "the write-ahead log differs");
    assertRefused(last, d -> d.rollUp = LogPosition.START, "roll-up");
    assertRefused(last, d -> d.changed.remove(d.changed.last()), "changed");
    assertRefused(last, d -> d.walChangesets = 1, "WAL changesets with");
  }

  @Test
  void afterAnEpoch() {
    history.base(4);
    history.wal();
    EncodedChangeset last = history.epoch();
    assertAllOfThemRefused(last);
    assertRefused(last, d -> d.path = "/data/a.duckdb", "database path");
    assertRefused(last, d -> d.anchor = new LogPosition(1, Digest.sha256(new byte[1])), "anchor");
    assertRefused(last, d -> d.rollUp = d.from.position(), "roll-up");
  }

  private void assertAllOfThemRefused(EncodedChangeset last) {
    Snapshot right = new Draft(history.head().snapshot()).snapshot();
    assertThat(LogState.start(right, last.decoded()).position()).isEqualTo(last.position());
    assertRefused(last, d -> d.epoch++, "epoch");
    assertRefused(last, d -> d.epoch = 0, "epoch");
    assertRefused(last, d -> d.nonce = new UUID(1, 2), "nonce");
    assertRefused(last, d -> d.lineage = new UUID(1, 2), "lineage");
    assertRefused(last, d -> d.timeMicros++, "time");
    assertRefused(last, d -> d.timeMicros = 1L << 60, "time");
    assertRefused(
        last,
        d ->
            d.identity =
                new DatabaseIdentity("f".repeat(32), 7, 16384, d.identity.iteration(), 5000),
        "identity");
    assertRefused(
        last,
        d -> {
          int id = d.index.ids().first();
          ObjectSlice at = d.index.locate(id);
          d.index.put(
              id, new BlockHash(1, 1), at.objectKey(), (int) at.offset(), lengthAndFlag(at), 0);
        },
        "state");
    assertRefused(
        last,
        d -> d.kind = d.kind == ChangesetKind.EPOCH ? ChangesetKind.WAL : ChangesetKind.EPOCH,
        "");
  }

  private void assertRefused(EncodedChangeset last, Lie lie, String message) {
    Draft draft = new Draft(history.head().snapshot());
    lie.make(draft);
    String key = LogKeys.snapshot(last.changeset().seq());
    assertThatThrownBy(
            () -> {
              byte[] bytes = SnapshotCodec.encode(draft.snapshot()).toByteArray();
              LogState.start(SnapshotCodec.decode(key, bytes), last.decoded());
            })
        .isInstanceOfAny(CorruptDataException.class, IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static void zeroWal(Draft draft) {
    draft.walChangesets = 0;
    draft.walBytes = 0;
  }

  /** Puts a block that the changeset lists to another place. */
  private static void move(Draft draft, EncodedChangeset last) {
    int id = last.changeset().blocks().get(0).blockId();
    ObjectSlice at = draft.index.locate(id);
    draft.index.put(
        id,
        draft.index.hash(id),
        at.objectKey(),
        (int) at.offset() + 1,
        lengthAndFlag(at),
        at.crc32c());
  }

  private static int lengthAndFlag(ObjectSlice slice) {
    return slice.compressed() ? slice.storedLength() | 1 << 31 : slice.storedLength();
  }

  private static WalRun run() {
    byte[] bytes = new byte[10];
    ObjectSlice slice = new ObjectSlice(LogKeys.changeset(1), 300, 10, 0, false);
    return WalRun.whole(slice, new SliceContent.Wal(0, 10, Digest.sha256(bytes)));
  }
}
