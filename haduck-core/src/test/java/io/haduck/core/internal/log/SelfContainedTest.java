package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

/** Changesets that can be applied to their anchor, past those between. */
class SelfContainedTest {
  private final Seed seed = new Seed(SelfContainedTest.class);
  private final History history = new History(seed.random);
  private final BlockCompression compression = new BlockCompression();

  @Test
  void applyToAnchor_overRandomHistories_yieldsWhatApplyingAllYields() {
    int skipped = 0;
    for (int round = 0; round < 30; round++) {
      History random = new History(seed.random);
      Map<LogPosition, LogState> anchors = new TreeMap<>((a, b) -> Long.compare(a.seq(), b.seq()));
      for (int i = 0; i < 60; i++) {
        EncodedChangeset next = random.next();
        LogState expected = random.head();
        LogState anchor = anchors.get(next.changeset().anchor());
        if (anchor != null && next.changeset().isSelfContained()) {
          LogState found = anchor.copy();
          found.applyToAnchor(next.decoded());
          SameState.assertSame(found, expected);
          skipped += next.changeset().seq() - anchor.position().seq() > 1 ? 1 : 0;
        } else if (anchor != null) {
          assertThatThrownBy(() -> anchor.copy().applyToAnchor(next.decoded()))
              .isInstanceOf(CorruptDataException.class)
              .hasMessageContaining("self-contained");
        }
        if (next.changeset().kind().hasHeaders()) {
          anchors.put(next.position(), expected.copy());
        }
      }
    }
    assertThat(skipped).isGreaterThan(100);
  }

  @Test
  void walStream_holdsTheBytesThatWereWritten() {
    Map<String, byte[]> objects = new TreeMap<>();
    for (int i = 0; i < 150; i++) {
      EncodedChangeset next = history.next();
      objects.put(next.key(), next.body().toByteArray());
      objects.putAll(history.segments);
      byte[] stream = history.stream();
      for (WalRun run : history.head().wal().runs()) {
        ObjectSlice slice = run.slice();
        byte[] object = objects.get(slice.objectKey());
        assertThat(object).isNotNull();
        byte[] raw = new byte[run.rawLength()];
        if (slice.compressed()) {
          compression.decompress(
              object, (int) slice.offset(), slice.storedLength(), raw, 0, raw.length);
        } else {
          System.arraycopy(object, (int) slice.offset(), raw, 0, raw.length);
        }
        assertThat(Digest.sha256(raw)).isEqualTo(run.content().sha256());
        for (int at = 0; at < run.usedLength(); at++) {
          assertThat(raw[at]).isEqualTo(stream[(int) run.streamOffset() + at]);
        }
      }
      assertThat(history.head().wal().length()).isEqualTo(stream.length);
    }
  }

  @Test
  void rollUp_isTheLastSelfContainedWalSinceTheAnchor() {
    history.base(3);
    LogState state = history.head();
    assertThat(state.rollUp()).isEqualTo(LogPosition.START);
    WalSection first = section(history.wal());
    assertThat(first.rollUp()).isEqualTo(LogPosition.START);
    assertThat(state.walChangesetsSinceRollUp()).isEqualTo(1);
    assertThat(state.walBytesSinceRollUp()).isEqualTo(first.end());

    EncodedChangeset rollUp = history.selfContainedWal();
    assertThat(state.rollUp()).isEqualTo(rollUp.position());
    assertThat(section(rollUp).rollUp()).isEqualTo(LogPosition.START);
    assertThat(state.walChangesetsSinceRollUp()).isZero();
    assertThat(state.walBytesSinceRollUp()).isZero();
    history.epoch();
    WalSection after = section(history.tinyWal());
    assertThat(after.rollUp()).isEqualTo(rollUp.position());
    assertThat(state.walChangesetsSinceRollUp()).isEqualTo(1);
    assertThat(state.walBytesSinceRollUp()).isEqualTo(after.end() - after.continueAt());

    history.checkpoint(1, 0);
    assertThat(state.rollUp()).isEqualTo(LogPosition.START);
    assertThat(state.walChangesetsSinceRollUp()).isZero();
    assertThat(state.walBytesSinceRollUp()).isZero();
  }

  @Test
  void apply_ofAWalWithAnotherRollUp_isRefused() {
    history.base(1);
    history.tinyWal();
    EncodedChangeset rollUp = history.selfContainedWal();
    history.tinyWal();
    LogState before = history.head().copy();
    long end = before.wal().length();
    for (LogPosition other :
        List.of(LogPosition.START, new LogPosition(2, rollUp.digest()), before.position())) {
      Changeset bad = wal(before, WalSection.continued(1, end, other, List.of()));
      assertThatThrownBy(() -> before.apply(decoded(bad)))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("expected roll-up " + rollUp.position());
    }
    before.apply(decoded(wal(before, WalSection.continued(1, end, rollUp.position(), List.of()))));
  }

  @Test
  void apply_ofASelfContainedOneThatForgetsWhatChanged_isRefused() {
    history.base(8);
    LogState state = history.head();
    while (state.changedSinceAnchor().isEmpty()) {
      history.wal();
    }
    int changed = RoaringBitmap.or(state.changedSinceAnchor(), state.freedSinceAnchor()).first();
    Changeset bad = wal(state, WalSection.whole(1, List.of()));
    assertThatThrownBy(() -> state.apply(decoded(bad)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("expected block " + changed + " to be listed or freed again");
  }

  @Test
  void apply_ofACheckpointThatForgetsWhatWasFreed_isRefused() {
    history.base(8);
    while (history.head().freedSinceAnchor().isEmpty() && history.blocks.size() > 1) {
      history.wal();
    }
    LogState state = history.head();
    assertThat(state.freedSinceAnchor().isEmpty()).isFalse();
    ChangesetObjects objects = new ChangesetObjects();
    List<StoredBlock> blocks = objects.blocks(state, List.of(), new RoaringBitmap());
    RoaringBitmap none = new RoaringBitmap();
    WalSection whole = WalSection.whole(1, List.of());
    Changeset bad = wal(state, whole, objects.earlier(), blocks, none);
    assertThatThrownBy(() -> state.apply(decoded(bad)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("to be listed or freed again");
    Changeset good = wal(state, whole, objects.earlier(), blocks, state.freedSinceAnchor());
    state.apply(decoded(good));
  }

  @Test
  void applyToAnchor_fromElsewhere_isRefusedAndChangesNothing() {
    EncodedChangeset base = history.base(4);
    LogState atBase = history.head().copy();
    history.tinyWal();
    EncodedChangeset rollUp = history.selfContainedWal();
    LogState other = LogState.start(new History(seed.random).base(2).decoded());
    LogPosition position = other.position();
    assertThatThrownBy(() -> other.applyToAnchor(rollUp.decoded()))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("expected anchor");
    assertThat(other.position()).isEqualTo(position);
    Changeset c = rollUp.changeset();
    for (long epoch : new long[] {3, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> atBase.applyToAnchor(decoded(withEpoch(c, epoch))))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("expected an epoch from 1 on, at most 1 more");
    }
    assertThat(atBase.position()).isEqualTo(base.position());
    atBase.applyToAnchor(rollUp.decoded());
  }

  @Test
  void applyToAnchor_fromAnyStateSinceTheAnchor_leadsToTheSame() {
    List<LogState> sinceAnchor = new ArrayList<>();
    history.base(4);
    sinceAnchor.add(history.head().copy());
    int skipped = 0;
    for (int i = 0; i < 400; i++) {
      EncodedChangeset next = history.next();
      boolean canBeReached =
          next.changeset().isSelfContained() && next.changeset().kind() != ChangesetKind.BASE;
      for (LogState from : canBeReached ? sinceAnchor : List.<LogState>of()) {
        LogState reached = from.copy();
        reached.applyToAnchor(next.decoded());
        SameState.assertSame(reached, history.head());
        skipped++;
      }
      if (history.head().kind().hasHeaders()) {
        sinceAnchor.clear();
      }
      sinceAnchor.add(history.head().copy());
    }
    assertThat(skipped).isGreaterThan(400);
  }

  @Test
  void objects_areNumberedSegmentsFirst() {
    SegmentRef a = new SegmentRef(7, new UUID(0, 1), 0, 100, Digest.ZERO);
    SegmentRef b = new SegmentRef(7, new UUID(0, 1), 1, 100, Digest.ZERO);
    ChangesetObjects objects = new ChangesetObjects(List.of(a));
    assertThat(objects.segment(b)).isEqualTo(2);
    assertThat(objects.segment(a)).isEqualTo(1);
    assertThat(objects.earlier(LogKeys.changeset(5))).isEqualTo(3);
    assertThat(objects.earlier(LogKeys.segment(6, new UUID(0, 9), 4))).isEqualTo(4);
    assertThat(objects.earlier(LogKeys.changeset(5))).isEqualTo(3);
    assertThat(objects.earlier(b.key())).isEqualTo(2);
    assertThat(objects.segments()).containsExactly(a, b);
    assertThat(objects.earlier())
        .containsExactly(EarlierObject.changeset(5), EarlierObject.segment(6, new UUID(0, 9), 4));
    SegmentRef late = new SegmentRef(7, new UUID(0, 1), 2, 100, Digest.ZERO);
    assertThatThrownBy(() -> objects.segment(late)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> objects.earlier("snapshot/x"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void wal_ofARunThatWasCut_mustBeSentAgain() {
    history.base(1);
    history.tinyWal();
    WalRun run = history.head().wal().runs().get(0);
    assertThat(run.isWhole()).isTrue();
    WalPiece piece = new ChangesetObjects().wal(run);
    assertThat(piece.object()).isEqualTo(1);
    assertThat(piece.offset()).isEqualTo(run.slice().offset());
    assertThat(piece.sha256()).isEqualTo(run.content().sha256());
    WalRun cut = new WalRun(run.slice(), run.content(), run.usedLength() - 1);
    assertThat(cut.isWhole()).isFalse();
    assertThatThrownBy(() -> new ChangesetObjects().wal(cut))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be sent again");
  }

  @Test
  void changeset_withObjectsThatAreNotEarlier_isRefused() {
    history.base(1);
    LogState head = history.head();
    WalSection whole = WalSection.whole(1, List.of());
    for (List<EarlierObject> bad :
        List.of(
            List.of(EarlierObject.changeset(2)),
            List.of(EarlierObject.segment(3, new UUID(0, 0), 0)),
            List.of(EarlierObject.changeset(1), EarlierObject.changeset(1)))) {
      assertThatThrownBy(() -> wal(head, whole, bad, List.of(), new RoaringBitmap()))
          .isInstanceOf(IllegalArgumentException.class);
    }
    List<WalPiece> within = List.of(piece(1, 263));
    assertThatThrownBy(
            () ->
                wal(
                    head,
                    WalSection.whole(1, within),
                    List.of(EarlierObject.changeset(1)),
                    List.of(),
                    new RoaringBitmap()))
        .hasMessageContaining("offset 263 of object 1");
    assertThatThrownBy(() -> wal(head, WalSection.whole(1, List.of(piece(1, 300)))))
        .hasMessageContaining("object 1 of 0");
    assertThatThrownBy(() -> new WalSection(1, 5, true, LogPosition.START, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new WalSection(1, 0, true, head.position(), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    LogPosition anchor = head.position();
    assertThatThrownBy(() -> wal(head, WalSection.continued(1, 0, anchor, List.of())))
        .hasMessageContaining("is not between anchor");
  }

  private static WalPiece piece(int object, long offset) {
    byte[] bytes = new byte[40];
    return new WalPiece(object, offset, 40, 40, 0, false, Digest.sha256(bytes));
  }

  private static WalSection section(EncodedChangeset encoded) {
    WalSection section = encoded.changeset().wal();
    if (section == null) {
      throw new AssertionError("no WAL section in " + encoded.key());
    }
    return section;
  }

  private static Changeset wal(LogState head, WalSection wal) {
    return wal(head, wal, List.of(), List.of(), new RoaringBitmap());
  }

  private static Changeset wal(
      LogState head,
      WalSection wal,
      List<EarlierObject> earlier,
      List<StoredBlock> blocks,
      RoaringBitmap freed) {
    return new Changeset(
        head.position().seq() + 1,
        head.epoch(),
        head.nonce(),
        head.lineage(),
        head.position().digest(),
        head.anchor(),
        head.nextTimeMicros(Instant.EPOCH),
        ChangesetKind.WAL,
        head.identity(),
        null,
        List.of(),
        earlier,
        blocks,
        freed,
        wal,
        head.index().stateAfter(blocks, freed),
        wal.selfContained() ? head.databasePath() : null);
  }

  private static Changeset withEpoch(Changeset c, long epoch) {
    return new Changeset(
        c.seq(),
        epoch,
        c.nonce(),
        c.lineage(),
        c.parent(),
        c.anchor(),
        c.timeMicros(),
        c.kind(),
        c.identity(),
        c.headers(),
        c.segments(),
        c.earlier(),
        c.blocks(),
        c.freed(),
        c.wal(),
        c.state(),
        c.databasePath());
  }

  private static DecodedChangeset decoded(Changeset changeset) {
    return ChangesetCodec.encode(changeset, new ArrayList<>(List.of(new byte[100_000]))).decoded();
  }
}
