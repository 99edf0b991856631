package io.haduck.core.internal.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SegmentBuilder;
import io.haduck.core.internal.log.StoredBytes;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.replica.ReadableState;
import io.haduck.core.store.ObjectBody;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.SameState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Changesets of compaction in made-up logs, where everything comes and goes that can. */
class MovedBlocksTest {
  private static final int ROUNDS = Integer.getInteger("haduck.rounds", 20);
  private static final UUID NONCE = new UUID(7, 7);

  private final BlockCompression compression = new BlockCompression();
  private MemoryStore memory = new MemoryStore();
  private History history = new History(new Random(1));
  private List<LogState> states = new ArrayList<>();
  private Random random = new Random(1);
  private int compacted;
  private int tooLate;

  @AfterEach
  void close() {
    compression.close();
  }

  @Test
  void anyHistory_isReadableAtEachSeq_withAndWithoutWhatCanBeSkipped() {
    long seed = Long.getLong("haduck.seed", System.nanoTime());
    System.out.println("histories with -Dhaduck.seed=" + seed);
    for (int round = 0; round < ROUNDS; round++) {
      random = new Random(seed + round);
      memory = new MemoryStore();
      history = new History(random);
      states = new ArrayList<>();
      String context = "haduck.seed=" + (seed + round);
      commit(history.base(6));
      for (int step = 0; step < 40; step++) {
        if (random.nextInt(3) == 0) {
          compact(random.nextInt(3), context);
        } else {
          commit(history.next());
        }
        if (random.nextInt(12) == 0) {
          new ReplicationLog(memory).writeSnapshot(history.head());
        }
      }
      for (LogState expected : states) {
        long seq = expected.position().seq();
        SameState.assertSame(load(memory, seq), expected);
        assertThat(ReadableState.at(memory, seq)).as("%s, seq %s", context, seq).isTrue();
        skip(expected, context);
      }
    }
    assertThat(compacted).isGreaterThan(ROUNDS);
    assertThat(tooLate).isPositive();
  }

  /** Moves some blocks, lets the log go on, and then refers to them, if that can be. */
  private void compact(int later, String context) {
    MovedBlocks moved = move();
    for (int i = 0; i < later; i++) {
      commit(history.next());
    }
    LogState before = history.head().copy();
    Optional<Changeset> made = moved.changeset(before, NONCE, Instant.EPOCH);
    boolean tooOld =
        moved.blocks().stream().anyMatch(it -> it.segment().seq() <= before.anchor().seq());
    boolean cut = !before.wal().runs().stream().allMatch(WalRun::isWhole);
    boolean gone =
        moved.blocks().stream().noneMatch(it -> before.index().hashEquals(it.blockId(), it.hash()));
    assertThat(made.isEmpty()).as(context).isEqualTo(tooOld || cut || gone);
    if (made.isEmpty()) {
      tooLate++;
      return;
    }
    Changeset changeset = made.get();
    assertThat(changeset.kind()).isEqualTo(ChangesetKind.WAL);
    assertThat(changeset.state()).as(context).isEqualTo(before.index().state());
    commit(history.append(changeset));
    LogState after = history.head();
    assertThat(after.identity()).as(context).isEqualTo(before.identity());
    assertThat(after.headers()).as(context).isEqualTo(before.headers());
    assertThat(after.wal()).as(context).isEqualTo(before.wal());
    assertThat(after.databasePath()).as(context).isEqualTo(before.databasePath());
    assertThat(after.anchor()).as(context).isEqualTo(before.anchor());
    for (MovedBlocks.Moved block : moved.blocks()) {
      if (before.index().hashEquals(block.blockId(), block.hash())) {
        assertThat(after.index().locate(block.blockId()).objectKey())
            .as(context)
            .isEqualTo(block.segment().key());
        assertThat(after.index().checksumInvalid(block.blockId()))
            .as(context)
            .isEqualTo(before.index().checksumInvalid(block.blockId()));
      }
    }
    compacted++;
  }

  private MovedBlocks move() {
    LogState head = history.head();
    UUID nonce = new UUID(random.nextLong(), random.nextLong());
    List<MovedBlocks.Moved> moved = new ArrayList<>();
    List<Map.Entry<Integer, byte[]>> blocks = new ArrayList<>(history.model().blocks.entrySet());
    blocks.removeIf(block -> random.nextInt(3) == 0);
    int half = blocks.size() / 2;
    write(head, nonce, 0, blocks.subList(0, half), moved);
    write(head, nonce, 1, blocks.subList(half, blocks.size()), moved);
    return new MovedBlocks(moved);
  }

  private void write(
      LogState head,
      UUID nonce,
      int number,
      List<Map.Entry<Integer, byte[]>> blocks,
      List<MovedBlocks.Moved> into) {
    var builder = new SegmentBuilder(head.lineage(), head.position().seq() + 1, nonce, number);
    List<StoredBytes> stored = new ArrayList<>();
    List<Long> offsets = new ArrayList<>();
    for (Map.Entry<Integer, byte[]> block : blocks) {
      StoredBytes bytes = compression.compress(block.getValue(), 0, block.getValue().length);
      stored.add(bytes);
      offsets.add(builder.add(bytes));
    }
    var built = builder.build();
    memory.put(built.ref().key(), ObjectBody.of(built.body().toByteArray()));
    for (int i = 0; i < blocks.size(); i++) {
      into.add(
          new MovedBlocks.Moved(
              blocks.get(i).getKey(),
              BlockHash.of(blocks.get(i).getValue()),
              built.ref(),
              offsets.get(i),
              stored.get(i).length(),
              stored.get(i).crc32c(),
              stored.get(i).compressed()));
    }
  }

  /** As a reader does it who finds nothing between the anchor and a changeset of compaction. */
  private void skip(LogState expected, String context) {
    long seq = expected.position().seq();
    if (!expected.nonce().equals(NONCE) || expected.kind() != ChangesetKind.WAL) {
      return;
    }
    MemoryStore thinned = new MemoryStore();
    thinned.objects.putAll(memory.objects);
    for (long between = expected.anchor().seq() + 1; between < seq; between++) {
      // Their blocks stay, of which readers take what they need.
      byte[] whole = thinned.objects.remove(LogKeys.changeset(between));
      assertThat(whole).as(context).isNotNull();
      thinned.objects.remove(LogKeys.snapshot(between));
    }
    thinned.objects.remove(LogKeys.snapshot(seq));
    SameState.assertSame(load(thinned, seq), expected);
  }

  private void commit(EncodedChangeset encoded) {
    history.commit(memory, encoded);
    states.add(history.head().copy());
  }

  private static LogState load(MemoryStore store, long seq) {
    return new ReplicationLog(store).loadAt(seq, LoadProgress.NONE).orElseThrow();
  }
}
