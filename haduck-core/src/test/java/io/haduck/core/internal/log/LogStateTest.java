package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

class LogStateTest {
  private final Seed seed = new Seed(LogStateTest.class);
  private final History history = new History(seed.random);

  /** A changeset's fields, to be changed one at a time. */
  private static final class Draft {
    long seq;
    long epoch;
    UUID lineage;
    Digest parent;
    LogPosition anchor;
    long timeMicros;
    DatabaseIdentity identity;

    Draft(Changeset from) {
      seq = from.seq();
      epoch = from.epoch();
      lineage = from.lineage();
      parent = from.parent();
      anchor = from.anchor();
      timeMicros = from.timeMicros();
      identity = from.identity();
    }
  }

  private interface Change {
    void make(Draft draft);
  }

  @Test
  void apply_followsKindsAnchorsAndEpochs() {
    LogPosition base = history.base(4).position();
    LogState state = history.head();
    assertThat(state.anchor()).isEqualTo(base);
    history.wal();
    history.wal();
    assertThat(state.anchor()).isEqualTo(base);
    assertThat(state.position().seq()).isEqualTo(3);
    EncodedChangeset epoch = history.epoch();
    assertThat(epoch.changeset().anchor()).isEqualTo(base);
    assertThat(state.anchor()).isEqualTo(base);
    assertThat(state.epoch()).isEqualTo(2);
    EncodedChangeset checkpoint = history.checkpoint(2, 1);
    assertThat(checkpoint.changeset().anchor()).isEqualTo(base);
    assertThat(state.anchor()).isEqualTo(checkpoint.position());
    assertThat(state.headers()).isEqualTo(checkpoint.changeset().headers());
    assertThat(state.nextTimeMicros(Instant.EPOCH)).isEqualTo(state.timeMicros() + 1);
    assertThat(state.checkpointsSinceSnapshot()).isEqualTo(1);
  }

  @Test
  void apply_ofWhatDoesNotFollow_isRefusedAndChangesNothing() {
    history.base(4);
    history.checkpoint(1, 0);
    LogState before = history.head().copy();
    Changeset good = history.checkpoint(2, 1).changeset();
    Digest other = Digest.sha256(new byte[3]);

    assertBroken(before, good, d -> d.seq++, "expected seq 3, found 4");
    assertBroken(
        before,
        good,
        d -> {
          d.parent = other;
          d.anchor = new LogPosition(2, other);
        },
        "expected parent digest");
    assertBroken(before, good, d -> d.anchor = new LogPosition(1, other), "expected anchor");
    assertBroken(before, good, d -> d.lineage = new UUID(0, 0), "expected lineage");
    assertBroken(before, good, d -> d.epoch++, "expected epoch 1, found 2");
    assertBroken(before, good, d -> d.timeMicros = before.timeMicros(), "expected a time after");
    assertBroken(
        before,
        good,
        d ->
            d.identity =
                new DatabaseIdentity(d.identity.identifier(), 7, 32768, 3, History.BLOCK_COUNT),
        "expected block size");
  }

  @Test
  void apply_ofEpochThatDoesNotRise_isRefused() {
    history.base(4);
    LogState before = history.head().copy();
    Changeset good = history.epoch().changeset();
    assertBroken(before, good, d -> d.epoch = 1, "expected epoch 2, found 1");
    assertBroken(before, good, d -> d.epoch = 3, "expected epoch 2, found 3");
  }

  @Test
  void start_withAnythingButABase_isRefused() {
    history.base(1);
    EncodedChangeset checkpoint = history.checkpoint(1, 0);
    assertThatThrownBy(() -> LogState.start(checkpoint.decoded()))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("expected a BASE");
  }

  @Test
  void changeset_whoseSectionsDoNotFitItsKind_isRefused() {
    history.base(3);
    Changeset epoch = history.epoch().changeset();
    Changeset checkpoint = history.checkpoint(3, 0).changeset();
    Changeset wal = history.wal().changeset();
    assertRefused(checkpoint, c -> as(ChangesetKind.WAL, c), "headers in a WAL");
    assertRefused(wal, c -> as(ChangesetKind.CHECKPOINT, c), "headers in a CHECKPOINT");
    assertRefused(wal, c -> as(ChangesetKind.EPOCH, c), "sections in an EPOCH");
    assertRefused(epoch, c -> as(ChangesetKind.WAL, c), "no WAL section");
  }

  @Test
  void wal_isCutOffAndContinued() {
    history.base(1);
    LogState state = history.head();
    long expected = 0;
    for (int i = 0; i < 60; i++) {
      WalSection section = history.wal().changeset().wal();
      expected = section.end();
      assertThat(state.wal().length()).isEqualTo(expected);
      long at = 0;
      for (WalRun run : state.wal().runs()) {
        assertThat(run.streamOffset()).isEqualTo(at);
        assertThat(run.usedLength()).isPositive().isLessThanOrEqualTo(run.rawLength());
        at = run.streamEnd();
      }
    }
    history.epoch();
    assertThat(state.wal().length()).isEqualTo(expected);
    history.checkpoint(1, 0);
    assertThat(state.wal().length()).isZero();
  }

  @Test
  void wal_thatContinuesBeyondTheStream_isRefused() {
    history.base(1);
    LogState before = history.head().copy();
    Changeset good = history.wal().changeset();
    WalSection beyond = WalSection.continued(1, 1000, LogPosition.START, List.of());
    Changeset bad =
        new Changeset(
            good.seq(),
            good.epoch(),
            good.nonce(),
            good.lineage(),
            good.parent(),
            good.anchor(),
            good.timeMicros(),
            good.kind(),
            good.identity(),
            null,
            List.of(),
            List.of(),
            List.of(),
            new RoaringBitmap(),
            beyond,
            before.index().state(),
            null);
    assertThatThrownBy(() -> before.apply(decoded(bad)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("continues the WAL of iteration 1 at 1000");
    assertThat(before.position().seq()).isEqualTo(1);
  }

  private static DecodedChangeset decoded(Changeset changeset) {
    return ChangesetCodec.encode(changeset, List.of(new byte[100_000])).decoded();
  }

  private static void assertRefused(
      Changeset from, UnaryOperator<Changeset> change, String message) {
    assertThatThrownBy(() -> change.apply(from))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static Changeset as(ChangesetKind kind, Changeset c) {
    return new Changeset(
        c.seq(),
        c.epoch(),
        c.nonce(),
        c.lineage(),
        c.parent(),
        c.anchor(),
        c.timeMicros(),
        kind,
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

  private static void assertBroken(LogState before, Changeset good, Change change, String message) {
    Draft draft = new Draft(good);
    change.make(draft);
    Changeset bad =
        new Changeset(
            draft.seq,
            draft.epoch,
            good.nonce(),
            draft.lineage,
            draft.parent,
            draft.anchor,
            draft.timeMicros,
            good.kind(),
            draft.identity,
            good.headers(),
            List.of(),
            List.of(),
            List.of(),
            new RoaringBitmap(),
            good.wal(),
            before.index().state(),
            good.databasePath());
    Digest state = before.index().state();
    LogPosition position = before.position();
    assertThatThrownBy(() -> before.apply(decoded(bad)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(bad.key())
        .hasMessageContaining(message);
    assertThat(before.position()).isEqualTo(position);
    assertThat(before.index().state()).isEqualTo(state);
  }
}
