package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.PutResult;
import io.haduck.testing.internal.SameState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What was written in version 1 stays readable: a log that was committed with the code when the
 * format was settled. Its files are never written anew; another version gets files of its own.
 */
class VersionOneTest {
  private static final Path FILES =
      Path.of("src", "test", "resources", "io", "haduck", "core", "log", "version-1");

  private final VersionOneLog expected = new VersionOneLog();
  private final NavigableMap<String, byte[]> files = read();

  @Test
  void encode_yieldsTheSameBytesAsEver() {
    assertThat(files.keySet()).isEqualTo(expected.objects.keySet());
    files.forEach((key, bytes) -> assertThat(bytes).as(key).isEqualTo(expected.objects.get(key)));
  }

  @Test
  void decode_ofEachChangeset_yieldsItAndItsBytesAgain() {
    Set<ChangesetKind> seen = EnumSet.noneOf(ChangesetKind.class);
    for (EncodedChangeset encoded : expected.changesets) {
      byte[] bytes = bytesOf(encoded.key());
      DecodedChangeset decoded = ChangesetCodec.decodeObject(encoded.key(), bytes);
      assertThat(decoded).isEqualTo(encoded.decoded());
      int end = bytes.length - Digest.LENGTH;
      List<byte[]> inline = List.of(Arrays.copyOfRange(bytes, decoded.headLength(), end));
      assertThat(ChangesetCodec.encode(decoded.changeset(), inline).body().toByteArray())
          .isEqualTo(bytes);
      seen.add(decoded.changeset().kind());
    }
    assertThat(seen).containsExactlyInAnyOrder(ChangesetKind.values());
  }

  @Test
  void decode_knowsEveryField() {
    Changeset rollUp = decoded(4);
    assertThat(rollUp.epoch()).isEqualTo(2);
    assertThat(rollUp.anchor().seq()).isEqualTo(1);
    assertThat(rollUp.time()).isEqualTo("2026-01-01T00:00:02.000001Z");
    assertThat(rollUp.isSelfContained()).isTrue();
    assertThat(rollUp.segments()).containsExactly(expected.segments.get(1));
    assertThat(rollUp.earlier()).containsExactly(EarlierObject.changeset(2));
    assertThat(rollUp.blocks()).extracting(StoredBlock::blockId).containsExactly(5);
    assertThat(rollUp.blocks()).extracting(StoredBlock::object).containsExactly(2);
    assertThat(rollUp.freed().toArray()).containsExactly(2);

    WalSection cutting = decoded(5).wal();
    assertThat(cutting).isNotNull();
    assertThat(cutting.rollUp().seq()).isEqualTo(4);
    assertThat(cutting.continueAt()).isEqualTo(20);
    assertThat(cutting.selfContained()).isFalse();

    Changeset checkpoint = decoded(6);
    assertThat(checkpoint.anchor().seq()).isEqualTo(1);
    assertThat(checkpoint.earlier())
        .containsExactlyInAnyOrder(
            EarlierObject.changeset(2),
            EarlierObject.changeset(5),
            EarlierObject.segment(1, expected.segments.get(0).nonce(), 0));
    assertThat(checkpoint.blocks()).extracting(StoredBlock::blockId).containsExactly(3, 5, 6, 7);
    assertThat(checkpoint.identity())
        .isEqualTo(new DatabaseIdentity("44".repeat(16), 67, 16384, 9, 10));

    assertThat(expected.changesets)
        .extracting(encoded -> decoded(encoded.changeset().seq()).databasePath())
        .containsExactly(
            "/data/app.duckdb",
            null,
            "/mnt/größer/app.duckdb",
            "/mnt/größer/app.duckdb",
            null,
            "/mnt/größer/app.duckdb");
  }

  @Test
  void decode_ofSnapshotAndSegments_yieldsThem() {
    for (int seq : VersionOneLog.SNAPSHOTS) {
      String key = LogKeys.snapshot(seq);
      Snapshot snapshot = SnapshotCodec.decode(key, bytesOf(key));
      assertThat(SnapshotCodec.encode(snapshot).toByteArray()).isEqualTo(bytesOf(key));
      SameState.assertSame(
          LogState.start(snapshot, expected.changesets.get(seq - 1).decoded()),
          expected.states.get(seq - 1));
    }
    String cut = LogKeys.snapshot(5);
    Snapshot snapshot = SnapshotCodec.decode(cut, bytesOf(cut));
    assertThat(snapshot.anchor().seq()).isEqualTo(1);
    assertThat(snapshot.databasePath()).isEqualTo("/mnt/größer/app.duckdb");
    assertThat(snapshot.index().ids().toArray()).containsExactly(1, 3, 5, 6);
    SinceAnchor since = snapshot.sinceAnchor();
    assertThat(since.anchorIds().toArray()).containsExactly(1, 2, 3);
    assertThat(since.changed().toArray()).containsExactly(5, 6);
    assertThat(since.rollUp().seq()).isEqualTo(4);
    assertThat(since.walChangesets()).isEqualTo(1);
    assertThat(since.walBytes()).isEqualTo(6);
    assertThat(snapshot.wal().runs()).extracting(WalRun::usedLength).containsExactly(9, 7, 4, 6);
    assertThat(SnapshotObjects.read(cut, bytesOf(cut)).objects())
        .containsExactly(
            new LiveObject(LogKeys.changeset(1), 19),
            new LiveObject(LogKeys.changeset(2), 26),
            new LiveObject(LogKeys.changeset(4), 7),
            new LiveObject(LogKeys.changeset(5), 25),
            new LiveObject(expected.segments.get(0).key(), 16384),
            new LiveObject(expected.segments.get(1).key(), 9));
    assertThat(expected.segments).hasSize(2);
    for (SegmentRef segment : expected.segments) {
      WholeSegment.verify(segment, VersionOneLog.LINEAGE, bytesOf(segment.key()));
    }
  }

  @Test
  void load_atEachSeq_yieldsStateBlocksAndWal() {
    MemoryStore store = new MemoryStore();
    files.forEach(
        (key, bytes) ->
            assertThat(store.put(key, ObjectBody.of(bytes)).outcome())
                .isEqualTo(PutResult.Outcome.DONE));
    for (long near : new long[] {0, 1000}) {
      for (LogState state : expected.states) {
        long seq = state.position().seq();
        LogLoader loader =
            new LogLoader(store, new ChangesetHeads(store), () -> ReadableStates.NONE, near);
        LogState found = loader.load(seq, LoadProgress.NONE).orElseThrow();
        SameState.assertSame(found, state);
        assertThat(stream(found)).isEqualTo(VersionOneLog.streamAt(seq));
        assertBlocks(found.index());
      }
    }
  }

  private void assertBlocks(BlockIndex index) {
    try (BlockCompression compression = new BlockCompression()) {
      SliceReader reader = new SliceReader(compression);
      index
          .ids()
          .forEach(
              (int id) -> {
                ObjectSlice location = index.locate(id);
                byte[] object = bytesOf(location.objectKey());
                byte[] block =
                    reader.read(
                        location,
                        new SliceContent.Block(id, index.hash(id), VersionOneLog.BLOCK_SIZE),
                        object,
                        (int) location.offset());
                assertThat(block)
                    .isEqualTo(
                        id == 3 ? VersionOneLog.rawBlock() : new byte[VersionOneLog.BLOCK_SIZE]);
                assertThat(index.checksumInvalid(id)).isEqualTo(id == 3);
              });
    }
  }

  private String stream(LogState state) {
    StringBuilder text = new StringBuilder();
    for (WalRun run : state.wal().runs()) {
      text.append(
          new String(
              bytesOf(run.slice().objectKey()),
              (int) run.slice().offset(),
              run.usedLength(),
              StandardCharsets.US_ASCII));
    }
    return text.toString();
  }

  private Changeset decoded(long seq) {
    String key = LogKeys.changeset(seq);
    return ChangesetCodec.decodeObject(key, bytesOf(key)).changeset();
  }

  private byte[] bytesOf(String key) {
    byte[] bytes = files.get(key);
    if (bytes == null) {
      throw new AssertionError("no file " + key);
    }
    return bytes;
  }

  private static NavigableMap<String, byte[]> read() {
    NavigableMap<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(FILES)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        files.put(FILES.relativize(path).toString().replace('\\', '/'), Files.readAllBytes(path));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return files;
  }
}
