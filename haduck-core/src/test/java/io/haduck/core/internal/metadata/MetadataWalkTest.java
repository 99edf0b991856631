package io.haduck.core.internal.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.duckdb.DatabaseHeader;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Against real databases: what DuckDB writes is read, and adds up at each checkpoint. More by
 * {@code -Dhaduck.every=1}, which checkpoints after each statement, and {@code
 * -Dhaduck.checkpoints=100}.
 */
@Tag("compat")
final class MetadataWalkTest {
  private static final List<String> COMPRESSIONS =
      List.of(
          "uncompressed",
          "rle",
          "dictionary",
          "bitpacking",
          "fsst",
          "chimp",
          "patas",
          "alp",
          "alprd",
          "zstd",
          "roaring",
          "dict_fsst");

  @TempDir Path directory;

  /** ATTACH options: oldest and newest storage version, smallest and largest blocks. */
  static Stream<Arguments> files() {
    return Stream.of(
        Arguments.of("STORAGE_VERSION 'v1.0.0'", 16384),
        Arguments.of("STORAGE_VERSION 'latest'", 16384),
        Arguments.of("STORAGE_VERSION 'v1.0.0'", 262144),
        Arguments.of("STORAGE_VERSION 'latest'", 262144));
  }

  static String options(String storage, int blockSize) {
    return storage + ", BLOCK_SIZE " + blockSize;
  }

  @Test
  void walk_newDatabase_refersToNothing() throws Exception {
    try (WalkedDatabase database = WalkedDatabase.attach(directory.resolve("new.db"), "")) {
      assertThat(database.walk()).isInstanceOf(Walked.class);
      Walked empty = database.checkpointAndSum("empty");
      assertThat(empty.referenced().blocks().isEmpty()).isTrue();
      assertThat(empty.tables()).isZero();
    }
  }

  /** Each statement makes something new, or changes what is there; nothing is dropped between. */
  @ParameterizedTest
  @MethodSource("files")
  void walk_allShapes_sumCloses(String storage, int blockSize) throws Exception {
    Path path = directory.resolve("shapes.db");
    int line = WalkedDatabase.line();
    boolean newest = storage.contains("latest");
    // The others differ in the storage version, or in how much fits into a block.
    int every = Integer.getInteger("haduck.every", newest && blockSize == 16384 ? 4 : 20);
    int checkpoints = 0;
    int statements = 0;
    try (WalkedDatabase database = WalkedDatabase.attach(path, options(storage, blockSize))) {
      for (Shapes shape : Shapes.of(line)) {
        if (shape.storage() > 0 && !newest) {
          database.tryToExecute(shape.sql());
        } else {
          database.execute(shape.sql());
        }
        if (++statements % every == 0) {
          database.checkpointAndSum(shape.sql());
          checkpoints++;
        }
      }
    }
    try (WalkedDatabase database = WalkedDatabase.attach(path, "")) {
      database.execute(
          "DELETE FROM wide WHERE a % 11 = 3",
          "UPDATE indexed SET d = d + 1000000 WHERE d % 7 = 2",
          "INSERT INTO children SELECT x, -x FROM range(1, 9000) r(x)");
      Walked walked = database.checkpointAndSum("reopened");
      assertThat(walked.tables()).isGreaterThan(20);
      assertThat(walked.referenced().indexes()).hasSizeGreaterThan(20);
      checkpoints++;
    }
    System.out.printf(
        "WALK shapes %s %d: %d statements, the sum closed at %d of %d checkpoints%n",
        storage, blockSize, statements, checkpoints, checkpoints);
  }

  @ParameterizedTest
  @MethodSource("files")
  void walk_allCompressionsForcedInTurn_sumCloses(String storage, int blockSize) throws Exception {
    Set<String> used = new TreeSet<>();
    int checkpoints = 0;
    try (WalkedDatabase database =
        WalkedDatabase.attach(directory.resolve("packed.db"), options(storage, blockSize))) {
      for (String compression : COMPRESSIONS) {
        if (!database.tryToExecute("SET force_compression = '" + compression + "'")) {
          continue;
        }
        database.execute(
            "CREATE OR REPLACE TABLE a AS SELECT x i, x % 5 r, hash(x) h, x / 7 f, random() d, (x / 3)::FLOAT g,"
                + " 's' || x % 100 s, repeat(uuid()::VARCHAR, 1 + x::INTEGER % 30) u, x % 9 = 1 b,"
                + " CASE WHEN x % 3 = 0 THEN x END n, [x, 2] l, {q: x, w: 'w'} t, 7 c FROM range(40000) v(x)",
            "CREATE OR REPLACE TABLE big AS SELECT repeat(hash(x)::VARCHAR, 3000) s FROM range(60) v(x)");
        database.checkpointAndSum(compression);
        database.execute(
            "UPDATE a SET h = 1, s = repeat('long', 5000) WHERE i % 997 = 1",
            "DELETE FROM a WHERE i % 5 = 2");
        database.checkpointAndSum(compression + ", changed");
        checkpoints += 2;
        used.addAll(
            database.strings(
                "SELECT DISTINCT compression FROM (FROM pragma_storage_info('a') UNION ALL FROM pragma_storage_info('big'))"));
      }
    }
    System.out.printf(
        "WALK compressions %s %d: %s, the sum closed at %d checkpoints%n",
        storage, blockSize, used, checkpoints);
    assertThat(used).contains("Uncompressed", "Constant", "RLE", "BitPacking");
    if (storage.contains("latest")) {
      assertThat(used).contains("ZSTD", "Roaring");
    }
    if (blockSize > 16384) {
      assertThat(used).contains("ALP", "ALPRD");
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void walk_randomHistories_sumCloses(String storage, int blockSize) throws Exception {
    long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
    int checkpoints = Integer.getInteger("haduck.checkpoints", 6);
    Random random = new Random(seed + blockSize + storage.hashCode());
    Path path = directory.resolve("history.db");
    int line = WalkedDatabase.line();
    int closed = 0;
    int onFree = 0;
    long limbo = 0;
    RandomChanges changes = new RandomChanges(random);
    for (int i = 0; i < checkpoints; ) {
      try (WalkedDatabase database = WalkedDatabase.attach(path, options(storage, blockSize))) {
        for (int here = 1 + random.nextInt(8); here > 0 && i < checkpoints; here--, i++) {
          changes.make(database, 1 + random.nextInt(8));
          String what = "haduck.seed=" + seed + ", checkpoint " + i;
          Walked walked = database.checkpoint(what);
          database.assertAsDuckDbSays(what, walked.referenced());
          BlockSum sum = walked.sum(header(database).blockCount());
          limbo += sum.limbo().getLongCardinality();
          if (sum.closes()) {
            closed++;
          } else if (line == 104 && sum.isWrongForIndexesOnFreeBlocksOnly()) {
            onFree++;
            System.out.println("WALK " + what + ": " + sum.faults());
          } else {
            assertThat(sum.addsUp()).as("%s: %s", what, sum.faults()).isTrue();
            System.out.println("WALK " + what + ": " + sum.faults());
          }
        }
      }
    }
    System.out.printf(
        "WALK random %s %d: the sum closed at %d of %d checkpoints, %d with indexes on free blocks, %d blocks in limbo,"
            + " haduck.seed=%d%n",
        storage, blockSize, closed, checkpoints, onFree, limbo, seed);
    assertThat(closed).isGreaterThanOrEqualTo(checkpoints / 2);
  }

  private static DatabaseHeader header(WalkedDatabase database) throws Exception {
    return database.file().readHeaders().active();
  }
}
