package io.haduck.core.internal.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.duckdb.DatabaseHeader;
import io.haduck.core.internal.duckdb.MetadataPointer;
import io.haduck.core.internal.metadata.WalkResult.Walked;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Controls: a walk with a defect is caught by the sum each time. */
@Tag("compat")
final class SeededDefectsTest {
  private static final int SUB_BLOCKS = 64;
  private static final int CHECKSUM_BYTES = 8;

  @TempDir Path directory;

  /** Leaves out, or changes, what it is told to. */
  private abstract static class Defect implements ReferenceSink {
    final ReferenceSink right;

    Defect(ReferenceSink right) {
      this.right = right;
    }

    abstract void pass(String what, int block, Reference rightly) throws UnprovenException;

    @Override
    public void segment(StoredType type, int compression, int block) throws UnprovenException {
      pass(
          "segments of " + type.kind() + " and compression " + compression,
          block,
          to -> right.segment(type, compression, to));
    }

    @Override
    public void furtherBlock(StoredType type, int compression, int block) throws UnprovenException {
      pass(
          "further blocks of " + type.kind() + " and compression " + compression,
          block,
          to -> right.furtherBlock(type, compression, to));
    }

    @Override
    public void indexBuffer(String schema, String table, String index, int block)
        throws UnprovenException {
      pass("buffers of indexes", block, to -> right.indexBuffer(schema, table, index, to));
    }
  }

  private interface Reference {
    void to(int block) throws UnprovenException;
  }

  private static BlockSum sum(MetadataImage image, UnaryOperator<ReferenceSink> defect)
      throws Exception {
    MetadataSpace space = new MetadataSpace(image.header(), image.with(Map.of()));
    BlockLists lists = MetadataWalk.lists(image.header(), space);
    space.limitTo(lists.metadata(), lists.freeParts());
    BlockReferences references = new BlockReferences();
    MetadataWalk.walk(image.header(), space, defect.apply(references));
    return BlockSum.of(references.counted(), lists, image.header().blockCount());
  }

  private MetadataImage shapes() throws Exception {
    try (WalkedDatabase database =
        WalkedDatabase.attach(
            directory.resolve("shapes.db"),
            MetadataWalkTest.options("STORAGE_VERSION 'latest'", 16384))) {
      for (Shapes shape : Shapes.of(WalkedDatabase.line())) {
        database.execute(shape.sql());
      }
      for (String compression :
          List.of("uncompressed", "rle", "bitpacking", "fsst", "alp", "alprd", "zstd")) {
        database.tryToExecute("SET force_compression = '" + compression + "'");
        database.execute(
            "CREATE TABLE packed_"
                + compression
                + " AS SELECT x % 5 i, random() d, repeat('s' || hash(x), 900) s FROM range(3000) r(x)",
            "CHECKPOINT db");
      }
      database.checkpointAndSum("all");
      return MetadataImage.of(database);
    }
  }

  @Test
  void sum_oneKindOfReferenceForgotten_doesNotClose() throws Exception {
    MetadataImage image = shapes();
    Map<String, Integer> kinds = new TreeMap<>();
    BlockSum whole =
        sum(
            image,
            right ->
                new Defect(right) {
                  @Override
                  void pass(String what, int block, Reference rightly) throws UnprovenException {
                    kinds.merge(what, 1, Integer::sum);
                    rightly.to(block);
                  }
                });
    assertThat(whole.closes()).as(whole.faults()).isTrue();
    assertThat(kinds).hasSizeGreaterThan(12);
    assertThat(kinds.keySet())
        .contains("buffers of indexes", "further blocks of STRING and compression 1");
    for (String kind : kinds.keySet()) {
      BlockSum forgetful =
          sum(
              image,
              right ->
                  new Defect(right) {
                    @Override
                    void pass(String what, int block, Reference rightly) throws UnprovenException {
                      if (!what.equals(kind)) {
                        rightly.to(block);
                      }
                    }
                  });
      assertThat(forgetful.closes()).as(kind).isFalse();
      assertThat(forgetful.faults()).as(kind).isNotEmpty();
    }
    System.out.println("WALK forgotten and caught, each alone: " + kinds);
  }

  /** Each reference once missing, once doubled, once to the next block. */
  @Test
  void sum_oneReferenceWrong_doesNotClose() throws Exception {
    MetadataImage image = shapes();
    int[] references = {0};
    sum(
        image,
        right ->
            new Defect(right) {
              @Override
              void pass(String what, int block, Reference rightly) throws UnprovenException {
                references[0]++;
                rightly.to(block);
              }
            });
    int step = Math.max(1, references[0] / 60);
    int caught = 0;
    for (int wrong = 0; wrong < references[0]; wrong += step) {
      for (int how = 0; how < 3; how++) {
        int which = wrong;
        int kind = how;
        int[] at = {0};
        BlockSum sum =
            sum(
                image,
                right ->
                    new Defect(right) {
                      @Override
                      void pass(String what, int block, Reference rightly)
                          throws UnprovenException {
                        if (at[0]++ != which) {
                          rightly.to(block);
                        } else if (kind == 1) {
                          rightly.to(block);
                          rightly.to(block);
                        } else if (kind == 2) {
                          rightly.to((block + 1) % (int) image.header().blockCount());
                        }
                      }
                    });
        assertThat(sum.closes()).as("reference %d, defect %d", which, kind).isFalse();
        caught++;
      }
    }
    System.out.println("WALK wrong references of " + references[0] + " caught: " + caught);
  }

  /** The lists say nothing of free sub-blocks, so that only the sum can notice. */
  @Test
  void sum_staleSubBlocksFollowed_doesNotClose() throws Exception {
    List<MetadataImage> images = new ArrayList<>();
    try (WalkedDatabase database =
        WalkedDatabase.attach(directory.resolve("stale.db"), "BLOCK_SIZE 16384")) {
      for (int i = 0; i < 6; i++) {
        database.execute(
            "CREATE OR REPLACE TABLE a AS SELECT hash(x + "
                + i
                + ") h, x::VARCHAR s, [x] l FROM range(60000) r(x)",
            "CREATE TABLE t"
                + i
                + " AS SELECT hash(x) h, x::VARCHAR s, [x] l FROM range(40000) r(x)",
            "CREATE INDEX i" + i + " ON t" + i + " (h)");
        database.checkpointAndSum("stale " + i);
        images.add(MetadataImage.of(database));
      }
    }
    int caught = 0;
    int same = 0;
    for (int i = 1; i < images.size(); i++) {
      MetadataImage now = images.get(i);
      ReferencedBlocks right = ((Walked) now.walk()).referenced();
      // the whole catalog of an iteration before
      MetadataImage before = images.get(i - 1);
      DatabaseHeader stale = withMetaBlock(now.header(), before.header().metaBlockPointer());
      assertThat(isCaught(stale, now, before.blocks(), right)).isTrue();
      assertThat(MetadataWalk.walk(stale, now.with(before.blocks()))).isNotEqualTo(now.walk());
      // one sub-block at a time, which leads on to one that is free
      MetadataSpace space = new MetadataSpace(now.header(), now.with(Map.of()));
      BlockLists lists = MetadataWalk.lists(now.header(), space);
      List<MetadataPointer> free = subBlocks(lists, true);
      for (MetadataPointer from : subBlocks(lists, false)) {
        byte[] block = now.blocks().get((int) from.blockId());
        int position = CHECKSUM_BYTES + from.subBlock() * space.subBlockBytes();
        long next = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).getLong(position);
        if (next == -1 || free.isEmpty()) {
          continue;
        }
        byte[] redirected = block.clone();
        MetadataPointer to = free.get(Math.floorMod(from.hashCode(), free.size()));
        ByteBuffer.wrap(redirected).order(ByteOrder.LITTLE_ENDIAN).putLong(position, to.raw());
        if (isCaught(now.header(), now, Map.of((int) from.blockId(), redirected), right)) {
          caught++;
        } else {
          same++;
        }
      }
    }
    System.out.printf(
        "WALK stale sub-blocks followed: %d caught, %d not part of what is walked%n", caught, same);
    assertThat(caught).isPositive();
  }

  /** False only where the same was found. */
  private static boolean isCaught(
      DatabaseHeader header,
      MetadataImage image,
      Map<Integer, byte[]> changed,
      ReferencedBlocks right)
      throws Exception {
    BlockReferences references = new BlockReferences();
    BlockSum sum;
    try {
      MetadataSpace lists = new MetadataSpace(image.header(), image.with(Map.of()));
      BlockLists listed = MetadataWalk.lists(image.header(), lists);
      MetadataSpace space = new MetadataSpace(header, image.with(changed));
      space.limitTo(listed.metadata(), Map.of());
      MetadataWalk.walk(header, space, references);
      sum = BlockSum.of(references.counted(), listed, header.blockCount());
    } catch (UnprovenException e) {
      return true;
    }
    if (sum.closes()) {
      assertThat(references.counted().blocks()).isEqualTo(right.blocks());
      assertThat(references.counted().useCounts()).isEqualTo(right.useCounts());
      return false;
    }
    return true;
  }

  private static List<MetadataPointer> subBlocks(BlockLists lists, boolean free) {
    List<MetadataPointer> found = new ArrayList<>();
    for (int id : lists.metadata()) {
      long bits = lists.freeParts().getOrDefault(id, 0L);
      for (int part = 0; part < SUB_BLOCKS; part++) {
        if ((bits >>> part & 1) == 1 == free) {
          found.add(new MetadataPointer((long) part << 56 | id));
        }
      }
    }
    return found;
  }

  private static DatabaseHeader withMetaBlock(DatabaseHeader header, MetadataPointer metaBlock) {
    return new DatabaseHeader(
        header.iteration(),
        metaBlock,
        header.freeListPointer(),
        header.blockCount(),
        header.blockSize(),
        header.vectorSize(),
        header.storageVersion());
  }
}
