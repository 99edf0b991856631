package io.haduck.core.internal.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.LiveObject;
import io.haduck.core.internal.log.LiveObjects;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SegmentRef;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

/** What is copied of a file that is not what the log says any more. */
class BlockMoveTest {
  @TempDir Path directory;

  @Test
  void onlyWhatTheLogHas_isMoved_andOfAnObjectAllOrNothing() throws Exception {
    try (ReplicatedDatabase database = ReplicatedDatabase.in(directory)) {
      database.open();
      database.execute(
          "CREATE TABLE a AS SELECT hash(range) AS x FROM range(300000)", "CHECKPOINT");
      database.awaitPosition();
      database.execute(
          "CREATE TABLE b AS SELECT hash(range) AS x FROM range(300000)", "CHECKPOINT");
      database.awaitPosition();
      database.stop();
      database.runPlain(
          "DROP TABLE b",
          "CHECKPOINT",
          "CREATE TABLE c AS SELECT hash(range + 7) AS x FROM range(300000)");
      try (var store = new FileObjectStore(database.replica())) {
        LogState head = new ReplicationLog(store).loadLatest(LoadProgress.NONE).orElseThrow();
        List<String> keys = LiveObjects.of(head).stream().map(LiveObject::key).toList();
        MovedBlocks moved =
            new BlockMove(
                    head,
                    DatabaseFiles.open(database.file()),
                    store,
                    1 << 20,
                    1,
                    Retries.of(
                        1,
                        () ->
                            new Backoff(Duration.ofMillis(1), Duration.ofMillis(1), new Random(1))),
                    () -> false)
                .move(keys);
        assertThat(moved.blocks()).isNotEmpty();
        assertThat(moved.blocks().size()).isLessThan(head.index().cardinality());
        RoaringBitmap ids = new RoaringBitmap();
        moved.blocks().forEach(block -> ids.add(block.blockId()));
        Map<String, RoaringBitmap> inObjects = head.index().blocksIn(Set.copyOf(keys));
        inObjects.forEach(
            (key, blocks) ->
                assertThat(RoaringBitmap.andCardinality(blocks, ids))
                    .as(key)
                    .isIn(0, blocks.getCardinality()));
        assertBytes(database.replica(), head, moved);
      }
    }
  }

  private static void assertBytes(Path replica, LogState head, MovedBlocks moved) throws Exception {
    try (var compression = new BlockCompression()) {
      for (MovedBlocks.Moved block : moved.blocks()) {
        assertThat(head.index().hashEquals(block.blockId(), block.hash())).isTrue();
        SegmentRef segment = block.segment();
        assertThat(segment.length()).isLessThan((1 << 20) + 300_000L);
        byte[] object = Files.readAllBytes(replica.resolve(segment.key()));
        assertThat((long) object.length).isEqualTo(segment.length());
        int from = (int) block.offset();
        byte[] stored = Arrays.copyOfRange(object, from, from + block.storedLength());
        byte[] raw = new byte[head.identity().blockSize()];
        if (block.compressed()) {
          compression.decompress(stored, 0, stored.length, raw, 0, raw.length);
        } else {
          raw = stored;
        }
        assertThat(BlockHash.of(raw)).isEqualTo(block.hash());
      }
    }
  }
}
