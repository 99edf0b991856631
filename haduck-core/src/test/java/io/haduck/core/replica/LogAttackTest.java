package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.HaduckException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.log.AppendOutcome;
import io.haduck.core.internal.log.Appender;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetCodec;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.UnknownFormatException;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.core.verify.VerifyReport;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was done to a log behind its writer's back is noticed, named, and answered with advice. */
class LogAttackTest {
  /** Every message says what to do. */
  private static final String ADVICE =
      "(?s).*([Rr]estore |[Cc]heck |begin a new replica|open it anew).*";

  @TempDir static Path built;
  private static @Nullable SmallReplica replica;

  @TempDir Path directory;
  private MemoryStore store = new MemoryStore();
  private long head;

  @BeforeEach
  void build() throws Exception {
    SmallReplica small = replica;
    if (small == null) {
      small = SmallReplica.in(built);
      replica = small;
    }
    store = small.copy();
    head =
        store.objects.keySet().stream()
            .mapToLong(key -> LogKeys.changesetSeq(key).orElse(0))
            .max()
            .orElseThrow();
  }

  @Test
  void restore_fromAnEmptiedReplica_saysWhatToLookAt() {
    store.objects.clear();
    refused("is empty");
  }

  @Test
  void restore_withOnlySnapshotsLeft_saysThatChangesetsWereDeleted() {
    store.objects.keySet().removeIf(key -> key.startsWith("log/"));
    refused("but no changesets; they were deleted");
  }

  @Test
  void restore_afterTheOldestExpired_namesTheFirstThatIsLeft() {
    withoutSnapshot();
    store.objects.remove(LogKeys.changeset(1));
    refused(LogKeys.changeset(1));
  }

  @Test
  void restore_overAGap_namesWhatIsMissing() {
    store.objects.remove(LogKeys.changeset(head - 1));
    refused(LogKeys.changeset(head - 1));
  }

  @Test
  void restore_withAWrongParentDigest_namesTheChangeset() {
    damage(head, 72, 32);
    refused(LogKeys.changeset(head), "(seq " + head, "parent digest");
  }

  @Test
  void restore_withAnotherLineage_namesTheChangeset() {
    damage(head, 56, 16);
    refused(LogKeys.changeset(head), "(seq " + head, "lineage");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void restore_withAnotherFormatVersion_namesItAndWhoKnowsIt(int version) {
    byte[] bytes = store.objects.get(LogKeys.changeset(head)).clone();
    bytes[8] = (byte) version;
    store.objects.put(LogKeys.changeset(head), resealed(bytes));
    assertThatThrownBy(this::restore)
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining(LogKeys.changeset(head))
        .hasMessageContaining("format version " + version)
        .hasMessageMatching("(?s).*(begin a new replica|a newer haduck may know it).*");
  }

  @Test
  void restore_withSwappedObjects_namesOne() {
    byte[] last = store.objects.get(LogKeys.changeset(head));
    store.objects.put(LogKeys.changeset(head), store.objects.get(LogKeys.changeset(head - 1)));
    store.objects.put(LogKeys.changeset(head - 1), last);
    refused(".changeset", "not that of the key");
  }

  @Test
  void restore_withAMissingSegment_namesItAndWhatToDo() throws Exception {
    withoutSnapshot();
    String segment =
        store.objects.keySet().stream()
            .filter(key -> key.startsWith("segment/"))
            .findFirst()
            .orElseThrow();
    long lister = check().findings().isEmpty() ? seqThatLists(segment) : -1;
    store.objects.remove(segment);
    assertThatThrownBy(() -> restoreTo(new RestoreTarget.AtSeq(lister)))
        .isInstanceOf(HaduckException.class)
        .hasMessageContaining(segment)
        .hasMessageMatching(ADVICE);
    // A checkpoint later it is not needed any more.
    restore();
    assertThat(directory.resolve("restored.duckdb")).exists();
  }

  /** Each in the same way, under checksums that hold. */
  @ParameterizedTest
  @ValueSource(ints = {16, 24, 32, 64, 68, 76, 92, 108, 116, 204, 212, 248, 256})
  void restore_withSnapshotsThatLie_goesByTheLog(int at) throws Exception {
    List<String> keys =
        store.objects.keySet().stream().filter(name -> name.startsWith("snapshot/")).toList();
    assertThat(keys).hasSize(2);
    for (String key : keys) {
      byte[] bytes = store.objects.get(key).clone();
      bytes[at] ^= 1;
      store.objects.put(key, resealed(bytes));
    }
    restore();
    byte[] found = Files.readAllBytes(directory.resolve("restored.duckdb"));
    Files.delete(directory.resolve("restored.duckdb"));
    Files.delete(directory.resolve("restored.duckdb.wal"));
    Files.delete(directory.resolve("restored.duckdb.haduck"));
    store = replica().copy();
    restore();
    assertThat(found).isEqualTo(Files.readAllBytes(directory.resolve("restored.duckdb")));
    assertThat(check().findings()).isEmpty();
  }

  @Test
  void restore_withAnObjectOfAnotherReplica_namesIt(@TempDir Path elsewhere) throws Exception {
    SmallReplica other = SmallReplica.in(elsewhere);
    long seq = head - 1;
    while (!other.store.objects.containsKey(LogKeys.changeset(seq))) {
      seq--; // how many changesets there are depends on how fast they were written
    }
    String key = LogKeys.changeset(seq);
    byte[] foreign = other.store.objects.get(key);
    store.objects.put(key, foreign);
    refused(key, "(seq " + seq);
    assertThat(check().findings()).anyMatch(finding -> finding.key().equals(key));
  }

  @Test
  void capture_fencedWhenItsSegmentsAreUploaded_addsNothingAndSaysSo() throws Exception {
    var armed = new AtomicBoolean();
    var segments = new AtomicBoolean();
    var rival = new AtomicReference<Long>();
    Path files = directory.resolve("replica");
    var database =
        ReplicatedDatabase.in(
            directory,
            plain ->
                new FaultInjectingStore(plain, 1)
                    .beforeCall(
                        (operation, key) -> {
                          if (!armed.get()) {
                            return;
                          }
                          segments.compareAndSet(false, key.startsWith("segment/"));
                          if (operation == Operation.PUT_IF_ABSENT
                              && key.startsWith("log/")
                              && segments.get()
                              && armed.getAndSet(false)) {
                            rival.set(takeOver(files));
                          }
                        }));
    database.open();
    database.execute("CREATE TABLE t (a VARCHAR)");
    database.checkpoint();
    armed.set(true);
    // More than fits into a changeset.
    database.execute(
        "INSERT INTO t SELECT sha256(range::VARCHAR) || sha256((range + 1)::VARCHAR) FROM range(300000)",
        "CHECKPOINT");
    await().atMost(Duration.ofSeconds(60)).until(() -> database.replicator().fenced() != null);
    assertThat(database.replicator().fenced())
        .hasMessageContaining("seq " + rival.get())
        .hasMessageContaining("open it anew");
    try (var plain = new FileObjectStore(files)) {
      VerifyReport report = Verifier.create().run(plain, VerifyProgress.none());
      assertThat(report.findings()).isEmpty();
      assertThat(report.headSeq()).isEqualTo(rival.get());
      assertThat(report.notes()).anyMatch(note -> note.contains("was fenced"));
    }
    database.close();
  }

  @Test
  void clones_withOneNonce_shareWhatIsTheSame_andNothingElse() {
    LogState state = load();
    UUID nonce = state.nonce();
    Instant now = state.time().plusSeconds(1);
    var same = ChangesetCodec.encode(state.nextEpoch(nonce, now, null), List.of());
    var other = ChangesetCodec.encode(state.nextEpoch(nonce, now.plusMillis(1), null), List.of());
    Appender one = appender(store);
    Appender clone = appender(store);
    Appender later = appender(store);
    assertThat(one.append(same).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    // Byte for byte the same: nothing is forked.
    assertThat(clone.append(same).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(later.append(other).outcome()).isEqualTo(AppendOutcome.TAKEN);
    // From then on the two part, and one of them is fenced.
    LogState next = load();
    var mine = ChangesetCodec.encode(next.nextEpoch(nonce, now.plusSeconds(1), null), List.of());
    var its = ChangesetCodec.encode(next.nextEpoch(nonce, now.plusSeconds(2), null), List.of());
    assertThat(one.append(mine).outcome()).isEqualTo(AppendOutcome.COMMITTED);
    assertThat(clone.append(its).outcome()).isEqualTo(AppendOutcome.TAKEN);
    assertThat(check().findings()).isEmpty();
    assertThat(load().position()).isEqualTo(mine.position());
  }

  @Test
  void append_byAWriterThatWasFrozenWhileItsKeysWentAway_isTaken_andSaysWhatTheLogHolds() {
    Appender frozen = appender(store);
    LogState state = load();
    var late =
        ChangesetCodec.encode(
            state.nextEpoch(UUID.randomUUID(), state.time().plusSeconds(9), null), List.of());
    // Others went on, made a snapshot, and deleted what was before it.
    byte[] bytes = store.objects.get(LogKeys.changeset(head));
    store.objects.keySet().removeIf(key -> key.startsWith("log/"));
    store.objects.put(LogKeys.changeset(head + 50), bytes);
    store.advance(Duration.ofDays(1));
    var result = frozen.append(late);
    assertThat(result.outcome()).isEqualTo(AppendOutcome.TAKEN);
    assertThat(result.cause())
        .hasMessageContaining(late.key())
        .hasMessageContaining("found changesets up to " + (head + 50));
  }

  private static Appender appender(ObjectStore store) {
    return new Appender(store, Ticker.system(), InstantSource.system());
  }

  private LogState load() {
    return new ReplicationLog(store).loadLatest(LoadProgress.NONE).orElseThrow();
  }

  /** Another process opens the replica; returns its seq. */
  private static long takeOver(Path files) {
    try (var plain = new FileObjectStore(files)) {
      ReplicationLog log = new ReplicationLog(plain);
      LogState state = log.loadLatest(LoadProgress.NONE).orElseThrow();
      var epoch =
          ChangesetCodec.encode(state.nextEpoch(UUID.randomUUID(), Instant.now(), null), List.of());
      assertThat(appender(plain).append(epoch).outcome()).isEqualTo(AppendOutcome.COMMITTED);
      return epoch.position().seq();
    }
  }

  private long seqThatLists(String segment) {
    for (long seq = 1; seq <= head; seq++) {
      String key = LogKeys.changeset(seq);
      Changeset changeset = ChangesetCodec.decodeObject(key, store.objects.get(key)).changeset();
      if (changeset.segments().stream().anyMatch(ref -> ref.key().equals(segment))) {
        return seq;
      }
    }
    throw new AssertionError("nobody lists " + segment);
  }

  private void withoutSnapshot() {
    store.objects.keySet().removeIf(key -> key.startsWith("snapshot/"));
  }

  /** Flips a bit in each byte of a range of a changeset's head, under checksums that hold. */
  private void damage(long seq, int offset, int length) {
    byte[] bytes = store.objects.get(LogKeys.changeset(seq)).clone();
    for (int i = offset; i < offset + length; i++) {
      bytes[i] ^= 1;
    }
    store.objects.put(LogKeys.changeset(seq), resealed(bytes));
  }

  private static byte[] resealed(byte[] bytes) {
    ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int digestAt = values.getInt(12) - Digest.LENGTH;
    values.put(digestAt, Digest.sha256(bytes, 0, digestAt).bytes());
    int end = bytes.length - Digest.LENGTH;
    values.put(end, Digest.sha256(bytes, 0, end).bytes());
    return bytes;
  }

  private void refused(String... parts) {
    assertThatThrownBy(this::restore)
        .isInstanceOf(HaduckException.class)
        .hasMessageContainingAll(parts)
        .hasMessageMatching(ADVICE);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left.filter(path -> !path.toString().endsWith("-lock"))).isEmpty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void restore() {
    restoreTo(RestoreTarget.latest());
  }

  private void restoreTo(RestoreTarget target) {
    new Restorer(InstantSource.system(), Ticker.system(), LogAttackTest::noWait, FileSteps.untold())
        .restore(RestoreRequest.latest(store, directory.resolve("restored.duckdb")).at(target));
  }

  private VerifyReport check() {
    return new Verifier(LogAttackTest::noWait, Integer.MAX_VALUE).run(store, VerifyProgress.none());
  }

  private static Backoff noWait() {
    return new Backoff(Duration.ofNanos(10), Duration.ofNanos(10), new Random(1));
  }

  private static SmallReplica replica() {
    if (replica == null) {
      throw new IllegalStateException("not built");
    }
    return replica;
  }
}
