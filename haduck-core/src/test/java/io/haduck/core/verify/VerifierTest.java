package io.haduck.core.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.HeaderBytes;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.replica.ReadableState;
import io.haduck.core.replica.SmallReplica;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a check says of replicas of which objects are missing, swapped, foreign or untrue. */
class VerifierTest {
  /** Counted from where the headers begin in a snapshot, which depends on its table of objects. */
  private static final int HEADERS = 1 << 20;

  @TempDir static Path built;
  private static @Nullable SmallReplica replica;

  private MemoryStore store = new MemoryStore();
  private long head;
  private long snapshot;

  @BeforeEach
  void build() throws Exception {
    SmallReplica small = replica;
    if (small == null) {
      small = SmallReplica.in(built);
      replica = small;
    }
    store = small.copy();
    head = LogKeys.changesetSeq(keys("log/").get(keys("log/").size() - 1)).orElseThrow();
    snapshot = LogKeys.snapshotSeq(keys("snapshot/").get(0)).orElseThrow();
  }

  @Test
  void check_tellsProgress_upToTheEnd() {
    List<Long> objects = new ArrayList<>();
    List<Long> bytes = new ArrayList<>();
    VerifyReport report =
        Verifier.create()
            .run(
                store,
                (done, total, read, totalBytes) -> {
                  objects.add(done);
                  bytes.add(read);
                  assertThat(total).isEqualTo(store.objects.size());
                  assertThat(totalBytes).isEqualTo(replica().bytes());
                });
    assertThat(report.isClean()).isTrue();
    assertThat(objects).last().isEqualTo((long) store.objects.size());
    assertThat(bytes).isSorted().last().isEqualTo(report.bytes());
  }

  @Test
  void check_ofNothing_saysSo() {
    store.objects.clear();
    VerifyReport report = check();
    assertThat(report.isClean()).isFalse();
    assertThat(report.findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("is empty"));
    assertThat(report.headSeq()).isZero();
    assertThat(report.isReadable(1)).isFalse();
  }

  @Test
  void check_withKeysThatAreNotHaducks_notesThem() {
    store.objects.put("log/readme.txt", new byte[3]);
    store.objects.put("lease", new byte[3]);
    VerifyReport report = check();
    assertThat(report.isClean()).isTrue();
    assertThat(report.notes()).containsExactly("log/readme.txt is not haduck's; it is ignored");
  }

  @Test
  void check_withAllChangesetsGone_isAFinding() {
    store.objects.keySet().removeIf(key -> key.startsWith("log/"));
    assertThat(check().findings())
        .extracting(Finding::what)
        .anyMatch(what -> what.contains("the log was deleted"))
        .anyMatch(what -> what.contains("its last changesets were deleted"));
  }

  @Test
  void check_withAMissingSegment_namesItAndWhoNeedsIt() {
    String segment = keys("segment/").get(0);
    store.objects.remove(segment);
    VerifyReport report = check();
    assertThat(report.findings()).hasSize(1);
    Finding finding = report.findings().get(0);
    assertThat(finding.key()).isEqualTo(segment);
    assertThat(finding.offset()).isEmpty();
    assertThat(finding.what()).contains("is missing").contains("seq " + finding.seq());
    assertThat(report.isReadable(finding.seq())).isFalse();
    assertThat(report.isReadable(finding.seq() - 1)).isTrue();
    assertThat(report.isReadable(head)).as("a checkpoint later").isTrue();
  }

  @Test
  void check_withAGap_namesWhatIsMissing_andGoesOn() {
    for (long seq = 2; seq < head; seq++) {
      store = replica().copy();
      store.objects.remove(LogKeys.changeset(seq));
      store.objects.keySet().removeIf(key -> key.startsWith("snapshot/"));
      VerifyReport report = check();
      long gone = seq;
      assertThat(report.findings())
          .as("without seq %s", seq)
          .anyMatch(
              finding ->
                  finding.key().equals(LogKeys.changeset(gone))
                      && finding.seq() == gone
                      && finding.what().contains("gap"));
      assertThat(report.isReadable(seq)).isFalse();
      assertThat(report.isReadable(seq - 1)).isTrue();
      assertReadableIsTrue(report);
    }
  }

  @Test
  void check_withAnyObjectDamagedOrGone_callsReadableExactlyWhatCanBeRestored() {
    for (String key : replica().store.objects.keySet()) {
      byte[] bytes = replica().store.objects.get(key);
      for (int at = 0; at < bytes.length; at += 1 + bytes.length / 12) {
        store = replica().copy();
        byte[] flipped = bytes.clone();
        flipped[at] ^= 4;
        store.objects.put(key, flipped);
        assertReadableIsTrue(check());
      }
      store = replica().copy();
      store.objects.remove(key);
      assertReadableIsTrue(check());
    }
  }

  @Test
  void check_withoutItsBeginning_startsWithTheSnapshot() {
    for (long seq = 1; seq < snapshot; seq++) {
      store.objects.remove(LogKeys.changeset(seq));
    }
    VerifyReport report = check();
    // Blocks lie in the changesets that went.
    assertThat(report.findings())
        .isNotEmpty()
        .allMatch(finding -> finding.what().contains("missing"));
    assertThat(report.notes()).anyMatch(note -> note.contains("begins with seq " + snapshot));
    assertReadableIsTrue(report);
  }

  @Test
  void check_withoutBeginningAndSnapshot_saysThatItCannotBeRead() {
    store.objects.remove(LogKeys.changeset(1));
    store.objects.keySet().removeIf(key -> key.startsWith("snapshot/"));
    VerifyReport report = check();
    assertThat(report.findings()).isNotEmpty();
    assertThat(report.readable()).isEmpty();
  }

  @Test
  void check_withSwappedObjects_findsBoth() {
    String one = LogKeys.changeset(2);
    String other = LogKeys.changeset(3);
    byte[] bytes = store.objects.get(one);
    store.objects.put(one, store.objects.get(other));
    store.objects.put(other, bytes);
    VerifyReport report = check();
    assertThat(report.findings()).extracting(Finding::key).contains(one, other);
    assertThat(report.findings())
        .anyMatch(finding -> finding.what().contains("not that of the key"));
    assertReadableIsTrue(report);
  }

  @Test
  void check_withAChangesetOfAnotherLineage_namesIt() {
    // The same changeset with another lineage, and with checksums that hold.
    String key = LogKeys.changeset(head);
    UUID other = UUID.randomUUID();
    store.objects.put(key, resealed(store.objects.get(key), 56, other));
    VerifyReport report = check();
    assertThat(report.findings()).hasSize(1);
    assertThat(report.findings().get(0).key()).isEqualTo(key);
    assertThat(report.findings().get(0).what()).contains("lineage").contains(other.toString());
    assertReadableIsTrue(report);
  }

  /** In what its changeset says, or only those before it. */
  @ParameterizedTest
  @ValueSource(ints = {64, 76, 188, 196, HEADERS + 5_000, HEADERS + HeaderBytes.LENGTH + 5})
  void check_withASnapshotThatLies_namesIt_andNothingElse(int place) {
    for (String key : keys("snapshot/")) {
      store = replica().copy();
      byte[] lying = store.objects.get(key).clone();
      int head = ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
      int at = place < HEADERS ? place : place - HEADERS + head;
      lying[at] ^= 1;
      int end = lying.length - Digest.LENGTH;
      int headEnd = head - Digest.LENGTH;
      System.arraycopy(Digest.sha256(lying, 0, headEnd).bytes(), 0, lying, headEnd, Digest.LENGTH);
      System.arraycopy(Digest.sha256(lying, 0, end).bytes(), 0, lying, end, Digest.LENGTH);
      store.objects.put(key, lying);
      VerifyReport report = check();
      assertThat(report.findings()).hasSize(1);
      assertThat(report.findings().get(0).key()).isEqualTo(key);
      assertThat(report.findings().get(0).covers(at)).isTrue();
      assertThat(report.findings().get(0).whatToDo()).contains("readers ignore it");
      assertThat(report.readable()).containsExactly(new VerifyReport.SeqRange(1, this.head));
    }
  }

  @Test
  void check_withASnapshotBeyondTheEnd_saysThatTheLogLostIt() {
    for (long seq = snapshot; seq <= head; seq++) {
      store.objects.remove(LogKeys.changeset(seq));
    }
    assertThat(check().findings())
        .anyMatch(
            finding ->
                finding.key().equals(LogKeys.snapshot(snapshot))
                    && finding.what().contains("its last changesets were deleted"));
  }

  @Test
  void check_ofASegmentThatNobodyLists_readsItAllTheSame() {
    String segment = keys("segment/").get(0);
    String orphan = LogKeys.segment(head + 1, UUID.randomUUID(), 0);
    store.objects.put(orphan, store.objects.get(segment));
    VerifyReport report = check();
    assertThat(report.findings()).allMatch(finding -> finding.key().equals(orphan)).isNotEmpty();
    assertThat(report.notes()).anyMatch(note -> note.startsWith(orphan));
    assertThat(report.segments()).isEqualTo(2);
  }

  /** Asks a restorer's reader: the log and every block and piece of WAL at each seq. */
  private void assertReadableIsTrue(VerifyReport report) {
    for (long seq = 1; seq <= report.headSeq(); seq++) {
      assertThat(report.isReadable(seq))
          .as("seq %s, %s", seq, report.findings())
          .isEqualTo(ReadableState.at(store, seq));
    }
  }

  /** Puts a UUID somewhere into a changeset's head. */
  private static byte[] resealed(byte[] bytes, int offset, UUID value) {
    byte[] copy = bytes.clone();
    ByteBuffer values = ByteBuffer.wrap(copy);
    values.putLong(offset, value.getMostSignificantBits());
    values.putLong(offset + 8, value.getLeastSignificantBits());
    int head = values.order(ByteOrder.LITTLE_ENDIAN).getInt(12) - Digest.LENGTH;
    values.put(head, Digest.sha256(copy, 0, head).bytes());
    int end = copy.length - Digest.LENGTH;
    values.put(end, Digest.sha256(copy, 0, end).bytes());
    assertThat(ChangesetCodec.decodeObject(keyOf(copy), copy).changeset().kind())
        .isEqualTo(ChangesetKind.WAL);
    return copy;
  }

  private static String keyOf(byte[] changeset) {
    return LogKeys.changeset(ByteBuffer.wrap(changeset).order(ByteOrder.LITTLE_ENDIAN).getLong(24));
  }

  private VerifyReport check() {
    return Verifier.create().run(store, VerifyProgress.none());
  }

  private List<String> keys(String prefix) {
    return store.objects.keySet().stream().filter(key -> key.startsWith(prefix)).toList();
  }

  private static SmallReplica replica() {
    if (replica == null) {
      throw new IllegalStateException("not built");
    }
    return replica;
  }
}
