package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

final class FreeListTest {
  private static final int CHECKPOINTS_UNDER_READING = 60;

  @TempDir Path directory;

  @Test
  @Tag("compat")
  void read_newDatabase_isEmpty() throws Exception {
    Path path = directory.resolve("new.db");
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      DatabaseFile file = DatabaseFiles.open(path);
      FreeList list = FreeList.read(file, file.readHeaders());
      assertThat(list.blockCount()).isZero();
      assertThat(list.free().isEmpty()).isTrue();
      assertThat(list.metadata().isEmpty()).isTrue();
      assertThat(list.inUse().isEmpty()).isTrue();
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @Tag("compat")
  @ValueSource(ints = {16384, 262144})
  void read_afterRandomHistories_agreesWithDuckDbAndBruteForce(int blockSize) throws Exception {
    Mutations seeds = new Mutations(FreeListTest.class);
    Path path = directory.resolve("history.db");
    String options = "BLOCK_SIZE " + blockSize;
    for (int round = 0; round < 6; round++) {
      try (DuckDatabase duck = DuckDatabase.attach(path, options)) {
        changeAtRandom(duck, seeds.random);
        duck.execute("CHECKPOINT db");
      }
      try (DuckDatabase duck = DuckDatabase.attach(path, options)) {
        DatabaseFile file = DatabaseFiles.open(path);
        DatabaseHeaders headers = file.readHeaders();
        FreeList list = FreeList.read(file, headers);
        String seed = "haduck.seed=" + seeds.seed + " round " + round;

        String size = " FROM pragma_database_size() WHERE database_name = 'db'";
        assertThat(list.blockCount()).as(seed).isEqualTo(duck.number("SELECT total_blocks" + size));
        assertThat(list.free().getLongCardinality())
            .as(seed)
            .isEqualTo(duck.number("SELECT free_blocks" + size));
        assertThat(ids(list.metadata()))
            .as(seed)
            .isEqualTo(
                duck.longs("SELECT DISTINCT block_id FROM pragma_metadata_info('db') ORDER BY 1"));
        RoaringBitmap used = usedByTables(duck);
        assertThat(RoaringBitmap.andNot(used, list.inUse()).isEmpty()).as(seed).isTrue();
        assertThat(RoaringBitmap.intersects(used, list.metadata())).as(seed).isFalse();
        assertThat(list.inUse().getLongCardinality())
            .as(seed)
            .isEqualTo(list.blockCount() - list.free().getLongCardinality());
        assertThat(list.metadata().contains((int) headers.active().metaBlockPointer().blockId()))
            .as(seed)
            .isTrue();
        assertThat(list.metadata().contains((int) headers.active().freeListPointer().blockId()))
            .as(seed)
            .isTrue();
        assertChecksumsHold(file, headers, list.inUse());
      }
    }
  }

  @Test
  @Tag("compat")
  void read_listOverManySubBlocksAndBlocks_isWhole() throws Exception {
    Path path = directory.resolve("long.db");
    try (DuckDatabase duck =
        DuckDatabase.attach(path, "BLOCK_SIZE 16384").withoutAutomaticCheckpoints()) {
      duck.execute(
          "CREATE TABLE big AS SELECT hash(range) a, hash(range + 1) b FROM range(3000000)",
          "CHECKPOINT db",
          "CREATE TABLE last AS SELECT hash(range) a FROM range(200000)",
          "CHECKPOINT db",
          "DROP TABLE big",
          "CHECKPOINT db");
    }
    DatabaseFile file = DatabaseFiles.open(path);
    DatabaseHeaders headers = file.readHeaders();
    FreeList list = FreeList.read(file, headers);
    // 240 bytes of a sub-block hold 30 ids, 64 sub-blocks 1,920: this list takes more than one
    // block
    assertThat(list.free().getLongCardinality()).isGreaterThan(2000);
    assertChecksumsHold(file, headers, list.inUse());
    try (DuckDatabase duck = DuckDatabase.attach(path, "BLOCK_SIZE 16384")) {
      assertThat(
              duck.number(
                  "SELECT free_blocks FROM pragma_database_size() WHERE database_name = 'db'"))
          .isEqualTo(list.free().getLongCardinality());
    }
  }

  @Test
  @Tag("compat")
  void read_withHeadersOfAnEarlierIteration_saysThatTheyMoved() throws Exception {
    Path path = directory.resolve("moved.db");
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      duck.execute("CREATE TABLE t AS SELECT range i FROM range(300000)", "CHECKPOINT");
      DatabaseFile file = DatabaseFiles.open(path);
      DatabaseHeaders before = file.readHeaders();
      duck.execute("INSERT INTO t SELECT range FROM range(300000)", "CHECKPOINT");
      assertThatThrownBy(() -> FreeList.read(file, before))
          .isInstanceOf(HeaderMovedException.class)
          .hasMessageContaining("iteration " + before.active().iteration());
    }
  }

  @Test
  @Tag("compat")
  void read_whileDuckDbCheckpoints_isExactOrMovedAndNeverCorrupt() throws Exception {
    Path path = directory.resolve("busy.db");
    AtomicBoolean done = new AtomicBoolean();
    try (DuckDatabase duck = DuckDatabase.attach(path, "BLOCK_SIZE 16384")) {
      duck.execute(
          "CREATE TABLE t AS SELECT range i, hash(range) h FROM range(100000)", "CHECKPOINT db");
      DatabaseFile file = DatabaseFiles.open(path);
      Thread writer = new Thread(() -> checkpointInALoop(duck, done));
      writer.start();
      long last = 0;
      int exact = 0;
      while (!done.get()) {
        DatabaseHeaders headers = file.readHeaders();
        assertThat(headers.active().iteration()).isGreaterThanOrEqualTo(last);
        last = headers.active().iteration();
        try {
          FreeList list = FreeList.read(file, headers);
          assertThat(list.metadata().contains((int) headers.active().metaBlockPointer().blockId()))
              .isTrue();
          exact++;
        } catch (HeaderMovedException lookAgain) {
          assertThat(lookAgain).hasMessageContaining(path.toString());
        }
      }
      writer.join();
      assertThat(exact).isPositive();
      assertThat(last).isGreaterThan(CHECKPOINTS_UNDER_READING / 2);
    }
  }

  private static void checkpointInALoop(DuckDatabase duck, AtomicBoolean done) {
    try {
      for (int i = 0; i < CHECKPOINTS_UNDER_READING; i++) {
        duck.execute("UPDATE t SET h = h + 1 WHERE i % 7 = " + i % 7, "CHECKPOINT db");
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    } finally {
      done.set(true);
    }
  }

  @Test
  void read_damagedMetadataBlock_isCorruptAndNamesIt() throws Exception {
    Path path = closedDatabase();
    DatabaseFile file = DatabaseFiles.open(path);
    DatabaseHeaders headers = file.readHeaders();
    long block = headers.active().freeListPointer().blockId();
    overwrite(path, headers.blockPosition(block) + 100, new byte[] {1, 2, 3, 4, 5});
    assertThatThrownBy(() -> FreeList.read(file, headers))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining("metadata block " + block)
        .hasMessageContaining("position " + headers.blockPosition(block));
  }

  @Test
  void read_fileCutOff_isCorrupt() throws Exception {
    Path path = closedDatabase();
    DatabaseFile file = DatabaseFiles.open(path);
    DatabaseHeaders headers = file.readHeaders();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.truncate(DatabaseHeaders.BYTES + 10);
    }
    assertThatThrownBy(() -> FreeList.read(file, headers))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("behind the end");
  }

  @Test
  void read_chainThatComesBack_isCorrupt() throws Exception {
    Path path = closedDatabase();
    DatabaseFile file = DatabaseFiles.open(path);
    DatabaseHeaders headers = file.readHeaders();
    DatabaseHeader header = headers.active();
    byte[] block = new byte[header.blockSize()];
    long position = headers.blockPosition(header.freeListPointer().blockId());
    file.read(position, block, 0, block.length);
    int subBlock = 8 + header.freeListPointer().subBlock() * 248;
    // the list says that it is longer than a sub-block, and its next sub-block is itself
    ByteBuffer.wrap(block)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(subBlock, header.freeListPointer().raw())
        .putLong(subBlock + 8, header.blockCount());
    for (int i = 0; i < 29; i++) {
      ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).putLong(subBlock + 16 + 8 * i, i);
    }
    Mutations.seal(block, 0, block.length);
    overwrite(path, position, block);
    assertThat(header.blockCount()).isGreaterThan(29);
    assertThatThrownBy(() -> FreeList.read(file, headers))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("comes back");
  }

  /** A closed database of small blocks, some of them free. */
  private Path closedDatabase() throws Exception {
    Path path = directory.resolve("closed.db");
    try (DuckDatabase duck = DuckDatabase.attach(path, "BLOCK_SIZE 16384")) {
      duck.execute(
          "CREATE TABLE a AS SELECT hash(range) a FROM range(50000)",
          "CHECKPOINT db",
          "CREATE TABLE b AS SELECT hash(range) a FROM range(50000)",
          "CHECKPOINT db",
          "DROP TABLE a",
          "CHECKPOINT db");
    }
    return path;
  }

  private static void overwrite(Path path, long position, byte[] bytes) throws Exception {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), position);
    }
  }

  private static void changeAtRandom(DuckDatabase duck, Random random) throws Exception {
    for (int i = 0; i < 6; i++) {
      String table = "t" + random.nextInt(4);
      switch (random.nextInt(6)) {
        case 0 -> duck.execute("DROP TABLE IF EXISTS " + table);
        case 1 ->
            duck.execute(
                "CREATE OR REPLACE TABLE "
                    + table
                    + " AS SELECT range i, hash(range) h, range::VARCHAR || repeat('x', range % 90) s FROM range("
                    + (1 + random.nextInt(150_000))
                    + ")");
        case 2 -> duck.execute("CHECKPOINT db");
        default -> {
          duck.execute("CREATE TABLE IF NOT EXISTS " + table + " (i BIGINT, h UBIGINT, s VARCHAR)");
          duck.execute(
              "INSERT INTO "
                  + table
                  + " SELECT range, hash(range), 's' FROM range("
                  + random.nextInt(50_000)
                  + ")",
              "DELETE FROM " + table + " WHERE i % 11 = " + random.nextInt(11),
              "UPDATE " + table + " SET h = 1 WHERE i % 13 = " + random.nextInt(13));
        }
      }
    }
  }

  private static RoaringBitmap usedByTables(DuckDatabase duck) throws Exception {
    RoaringBitmap used = new RoaringBitmap();
    List<Long> tables =
        duck.longs(
            "SELECT substr(table_name, 2)::BIGINT FROM duckdb_tables() WHERE database_name = 'db'");
    for (long table : tables) {
      for (long id :
          duck.longs(
              "SELECT unnest(list_append(additional_block_ids, block_id)) FROM pragma_storage_info('t"
                  + table
                  + "') WHERE persistent AND block_id >= 0")) {
        used.add((int) id);
      }
    }
    return used;
  }

  private static List<Long> ids(RoaringBitmap bitmap) {
    return bitmap.stream().mapToObj(id -> (long) id).toList();
  }

  private static void assertChecksumsHold(
      DatabaseFile file, DatabaseHeaders headers, RoaringBitmap blocks) throws Exception {
    byte[] block = new byte[headers.active().blockSize()];
    for (int id : blocks) {
      file.read(headers.blockPosition(id), block, 0, block.length);
      assertThat(BlockChecksum.holds(block, 0, block.length)).as("block %d", id).isTrue();
    }
  }
}
