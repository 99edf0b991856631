package io.haduck.core.internal.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.haduck.core.internal.duckdb.DatabaseHeader;
import io.haduck.core.internal.duckdb.MetadataPointer;
import io.haduck.core.internal.metadata.WalkResult.Unproven;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged metadata, with checksums that hold: unproven, or right, within bounds of memory and
 * processor time, and no exception. {@code -Dhaduck.mutations=…} says how many, else it is a few
 * seconds' worth; {@code -Dhaduck.seed=…} repeats a run.
 */
@Tag("compat")
final class MutatedMetadataTest {
  private static final Duration USUALLY = Duration.ofSeconds(5);
  private static final Duration MOST_CPU = Duration.ofSeconds(5);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long[] NASTY = {
    0,
    1,
    -1,
    2,
    63,
    64,
    99,
    100,
    127,
    128,
    200,
    255,
    0x7fff,
    0xffff,
    0xffffL << 16,
    Integer.MAX_VALUE,
    1L << 31,
    0xffff_ffffL,
    1L << 32,
    1L << 56,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  @TempDir Path directory;

  @Test
  void walk_mutatedImages_isUnprovenOrRight() throws Exception {
    long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
    long mutations = Long.getLong("haduck.mutations", Long.MAX_VALUE);
    List<MetadataImage> images = images();
    List<ReferencedBlocks> truths = new ArrayList<>();
    for (MetadataImage image : images) {
      truths.add(((Walked) image.walk()).referenced());
    }
    boolean untilTime = mutations == Long.MAX_VALUE;
    long deadline = System.nanoTime() + USUALLY.toNanos();
    long unproven = 0;
    long open = 0;
    long right = 0;
    long most = 0;
    long done = 0;
    for (; done < mutations && !(untilTime && System.nanoTime() - deadline > 0); done++) {
      Random random = new Random(seed * 0x9e37_79b9_7f4a_7c15L + done);
      String what = "haduck.seed=" + seed + ", mutation " + done;
      int which = random.nextInt(images.size());
      MetadataImage image = images.get(which);
      DatabaseHeader header =
          random.nextInt(12) == 0 ? mutate(image.header(), random) : image.header();
      MetadataBlocks blocks = image.with(mutate(image, random));
      long cpu = THREADS.getCurrentThreadCpuTime();
      long allocated = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
      WalkResult result;
      try {
        result = MetadataWalk.walk(header, blocks);
      } catch (RuntimeException | Error e) {
        throw new AssertionError(what + ": " + e, e);
      }
      allocated = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - allocated;
      cpu = THREADS.getCurrentThreadCpuTime() - cpu;
      long bytes = (long) image.blocks().size() * image.header().blockSize();
      most = Math.max(most, allocated / bytes);
      assertThat(allocated).as(what).isLessThan((4L << 20) + 100 * bytes);
      assertThat(cpu).as(what).isLessThan(MOST_CPU.toNanos());
      if (result instanceof Unproven told) {
        assertThat(told.reason()).as(what).hasSizeGreaterThan(10);
        unproven++;
      } else if (!((Walked) result).sum(header.blockCount()).closes()) {
        open++;
      } else {
        ReferencedBlocks found = ((Walked) result).referenced();
        assertThat(found.blocks()).as(what).isEqualTo(truths.get(which).blocks());
        assertThat(found.useCounts()).as(what).isEqualTo(truths.get(which).useCounts());
        right++;
      }
    }
    System.out.printf(
        "WALK mutations: %d, %d unproven, %d not adding up, %d right; at most %d bytes allocated per byte;"
            + " haduck.seed=%d%n",
        done, unproven, open, right, most, seed);
    assertThat(unproven).isPositive();
  }

  /** Small ones, since each is read whole for each mutation. */
  private List<MetadataImage> images() throws Exception {
    return List.of(
        image("small.db", "BLOCK_SIZE 16384", true),
        image("old.db", "STORAGE_VERSION 'v1.0.0', BLOCK_SIZE 16384", true),
        image("tiny.db", "BLOCK_SIZE 16384", false));
  }

  private MetadataImage image(String name, String options, boolean all) throws Exception {
    try (WalkedDatabase database = WalkedDatabase.attach(directory.resolve(name), options)) {
      database.execute(
          "CREATE TABLE t (i INTEGER PRIMARY KEY, s VARCHAR DEFAULT 'a' || 'b', l INTEGER[], m STRUCT(a DOUBLE, b MAP(VARCHAR, DECIMAL(38, 2))))",
          "INSERT INTO t SELECT x, repeat('s' || x, x::INTEGER), [x::INTEGER], NULL FROM range(2000) r(x)",
          "CHECKPOINT db");
      if (all) {
        int rows = 0;
        for (Shapes shape : Shapes.of(WalkedDatabase.line())) {
          // Their shapes, but not their sizes.
          if (shape.sql().startsWith("CREATE")
              && !shape.sql().contains("70000")
              && !shape.sql().contains("130000")
              && !shape.sql().contains("150000")) {
            database.tryToExecute(shape.sql());
          }
          if (++rows % 40 == 0) {
            database.execute("CHECKPOINT db");
          }
        }
      }
      database.execute("DELETE FROM t WHERE i % 3 = 1", "UPDATE t SET s = 'x' WHERE i % 5 = 1");
      database.checkpointAndSum(name);
      return MetadataImage.of(database);
    }
  }

  private static Map<Integer, byte[]> mutate(MetadataImage image, Random random) {
    Integer[] ids = image.blocks().keySet().toArray(Integer[]::new);
    Map<Integer, byte[]> mutated = new HashMap<>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      int id = ids[random.nextInt(ids.length)];
      byte[] block = mutated.getOrDefault(id, image.blocks().get(id)).clone();
      int at = somewhere(block, random);
      int length = Math.min(1 + random.nextInt(40), block.length - at);
      switch (random.nextInt(8)) {
        case 0, 1 -> block[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> block[at] = (byte) random.nextInt();
        case 3, 4 -> put(block, at, random, NASTY[random.nextInt(NASTY.length)]);
        case 5 -> {
          byte[] other = image.blocks().get(ids[random.nextInt(ids.length)]);
          System.arraycopy(other, 8 + random.nextInt(other.length - 8 - length), block, at, length);
        }
        case 6 ->
            System.arraycopy(
                block, at, block, at + Math.min(1, block.length - at - length), length);
        default -> {
          int part = (block.length - 8) / 64 & ~7;
          put(
              block,
              8 + part * random.nextInt(64),
              random,
              random.nextInt(4) == 0
                  ? NASTY[random.nextInt(NASTY.length)]
                  : (long) random.nextInt(64) << 56 | ids[random.nextInt(ids.length)]);
        }
      }
      mutated.put(id, block);
    }
    return mutated;
  }

  /** Where there is something, mostly: much of a block is zeros. */
  private static int somewhere(byte[] block, Random random) {
    int at = 0;
    for (int tries = 0; tries < 8; tries++) {
      at = 8 + random.nextInt(block.length - 8);
      if (block[at] != 0) {
        break;
      }
    }
    return at;
  }

  private static void put(byte[] block, int at, Random random, long value) {
    byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    int length = Math.min(1 << random.nextInt(4), block.length - at);
    System.arraycopy(bytes, 0, block, at, length);
  }

  private static DatabaseHeader mutate(DatabaseHeader header, Random random) {
    long value =
        random.nextBoolean()
            ? NASTY[random.nextInt(NASTY.length)]
            : (long) random.nextInt(64) << 56 | random.nextInt((int) header.blockCount());
    int which = random.nextInt(3);
    return new DatabaseHeader(
        header.iteration(),
        which == 0 ? new MetadataPointer(value) : header.metaBlockPointer(),
        which == 1 ? new MetadataPointer(value) : header.freeListPointer(),
        which == 2 ? value & Integer.MAX_VALUE : header.blockCount(),
        header.blockSize(),
        header.vectorSize(),
        header.storageVersion());
  }
}
