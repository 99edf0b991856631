package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.FileObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.roaringbitmap.IntIterator;

/**
 * Every block in use of a database file, hashed: the slow way, by which the clever ones are judged.
 *
 * @param headers at which it was read
 * @param blocks hash of each block in use, by id
 */
public record WholeFile(DatabaseHeaders headers, Map<Integer, BlockHash> blocks) {
  /** Reads a file that nobody is writing to. */
  static WholeFile of(Path path) throws IOException {
    DatabaseFile file = DatabaseFiles.open(path);
    DatabaseHeaders headers = file.readHeaders();
    byte[] block = new byte[Math.toIntExact(headers.active().blockSize())];
    Map<Integer, BlockHash> blocks = new TreeMap<>();
    IntIterator ids = FreeList.read(file, headers).inUse().getIntIterator();
    while (ids.hasNext()) {
      int id = ids.next();
      int read = file.readUpTo(headers.blockPosition(id), block, 0, block.length);
      Arrays.fill(block, read, block.length, (byte) 0); // counted, and never written
      blocks.put(id, BlockHash.of(block));
    }
    assertThat(file.readHeaders()).as("headers while hashing %s", path).isEqualTo(headers);
    return new WholeFile(headers, blocks);
  }

  /** What the head of a log says that the file is. */
  public static LogState headOf(Path replica) {
    try (var store = new FileObjectStore(replica)) {
      return new ReplicationLog(store).loadLatest(LoadProgress.NONE).orElseThrow();
    }
  }

  /** Fails unless the log's head names this file, block for block. */
  void assertIs(LogState head, String context) {
    assertThat(head.headers().bytes())
        .as("%s: headers at seq %s", context, head.position().seq())
        .isEqualTo(headers.toByteArray());
    // The commits that follow may name blocks that are free at the header.
    assertThat(head.index().ids().toArray())
        .as("%s: blocks in the index", context)
        .contains(blocks.keySet().stream().mapToInt(Integer::intValue).toArray());
    if (head.wal().length() == 0) {
      assertThat(head.index().cardinality())
          .as("%s: number of blocks in the index", context)
          .isEqualTo(blocks.size());
    }
    blocks.forEach(
        (id, hash) ->
            assertThat(head.index().hash(id))
                .as(
                    "%s: block %s at iteration %s, seq %s",
                    context, id, headers.active().iteration(), head.position().seq())
                .isEqualTo(hash));
  }
}
