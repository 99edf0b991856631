package io.haduck.core.replica;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.duckdb.BlockChecksum;
import io.haduck.core.internal.duckdb.DatabaseFile;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.duckdb.FreeList;
import io.haduck.core.internal.duckdb.MetadataPointer;
import io.haduck.core.internal.metadata.HeaderProof;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

/**
 * DuckDB 1.4 can list a block as free that an index of the same header still refers to. It does so
 * too seldom to wait for it, so the list of a sound database is made wrong in this way. On 2.0
 * only: 1.4 and 1.5 check the list when they load the index, and abort the process.
 */
final class IndexOnFreeBlocksTest {
  @TempDir Path directory;

  @Test
  void blockOfAnIndex_thatIsListedAsFree_isInTheReplica() throws Exception {
    ReplicatedDatabase database =
        ReplicatedDatabase.in(directory).withOptions(options -> options.withReviewFromBytes(0));
    database.runPlain(
        "CREATE TABLE t (i BIGINT PRIMARY KEY)",
        "INSERT INTO t SELECT (range * 7919) % 300007 FROM range(300000)",
        "CHECKPOINT");
    int block = listABlockOfTheIndexAsFree(database.file());
    DatabaseFile file = DatabaseFiles.open(database.file());
    assertThat(FreeList.read(file, file.readHeaders()).free().contains(block)).isTrue();

    database.open();
    try (database) {
      await()
          .ignoreExceptions()
          .until(() -> WholeFile.headOf(database.replica()).index().ids().contains(block));
      Path restored = directory.resolve("restored.duckdb");
      try (var store = new FileObjectStore(database.replica())) {
        Restorer.create().restore(RestoreRequest.latest(store, restored));
      }
      try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + restored);
          Statement statement = connection.createStatement()) {
        for (int i = 0; i < 300_000; i += 9973) {
          try (ResultSet row = statement.executeQuery("SELECT count(*) FROM t WHERE i = " + i)) {
            row.next();
            assertThat(row.getLong(1)).isLessThan(2);
          }
        }
      }
    }
  }

  /** The file is closed. */
  private static int listABlockOfTheIndexAsFree(Path path) throws Exception {
    DatabaseFile file = DatabaseFiles.open(path);
    DatabaseHeaders headers = file.readHeaders();
    FreeList list = FreeList.read(file, headers);
    MetadataPointer pointer = headers.active().freeListPointer();
    int blockSize = headers.active().blockSize();
    byte[] sound = new byte[blockSize];
    file.read(headers.blockPosition(pointer.blockId()), sound, 0, blockSize);
    // From the end: DuckDB shares the first blocks between tables and indexes.
    int[] ids = RoaringBitmap.andNot(list.inUse(), list.metadata()).toArray();
    for (int i = ids.length - 1; i >= 0; i--) {
      int id = ids[i];
      write(path, headers, pointer, withFree(sound, pointer, id));
      if (HeaderProof.read(file, headers) instanceof HeaderProof.Proven proven
          && !proven.indexesOnFreeBlocks().isEmpty()) {
        return id;
      }
    }
    throw new AssertionError("no block is the index's alone");
  }

  /** One more free block at the begin of the list, which must have room in its sub-block. */
  private static byte[] withFree(byte[] sound, MetadataPointer pointer, int id) {
    byte[] block = sound.clone();
    ByteBuffer bytes = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    int subBlock = ((block.length - Long.BYTES) / 64) & ~7;
    int from = Long.BYTES + pointer.subBlock() * subBlock + Long.BYTES;
    int length = subBlock - Long.BYTES;
    assertThat(bytes.getLong(from - Long.BYTES)).as("the next part of the list").isEqualTo(-1);
    assertThat(bytes.getLong(from + length - Long.BYTES)).as("room").isZero();
    System.arraycopy(
        sound, from + Long.BYTES, block, from + 2 * Long.BYTES, length - 2 * Long.BYTES);
    bytes.putLong(from, bytes.getLong(from) + 1);
    bytes.putLong(from + Long.BYTES, id);
    bytes.putLong(0, BlockChecksum.of(block, Long.BYTES, block.length - Long.BYTES));
    return block;
  }

  private static void write(
      Path path, DatabaseHeaders headers, MetadataPointer pointer, byte[] block) throws Exception {
    try (FileChannel channel = FileChannel.open(path, READ, WRITE)) {
      channel.write(ByteBuffer.wrap(block), headers.blockPosition(pointer.blockId()));
    }
  }
}
