package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.store.ObjectBody;
import io.haduck.testing.internal.History;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

class BlockIndexTest {
  private final Seed seed = new Seed(BlockIndexTest.class);
  private final BlockCompression compression = new BlockCompression();

  @Test
  void apply_overRandomHistories_matchesAMapOfAllBlocks() {
    for (int round = 0; round < 12; round++) {
      History history = new History(seed.random);
      SliceReader reader = new SliceReader(compression);
      Map<String, byte[]> objects = new HashMap<>();
      BlockIndex index = new BlockIndex();
      for (int i = 0; i < 60; i++) {
        EncodedChangeset encoded = history.next();
        objects.put(encoded.key(), encoded.body().toByteArray());
        objects.putAll(history.segments);
        history.segments.clear();
        index.apply(encoded.decoded(), encoded.changeset().freed(), new RoaringBitmap());

        assertThat(index.ids().toArray())
            .isEqualTo(history.blocks.keySet().stream().mapToInt(id -> id).toArray());
        assertThat(index.cardinality()).isEqualTo(history.blocks.size());
        assertThat(index.state()).isEqualTo(stateFromScratch(history.blocks));
        assertThat(index.state()).isEqualTo(encoded.changeset().state());
      }
      history.blocks.forEach(
          (id, content) -> {
            ObjectSlice at = index.locate(id);
            byte[] object = objects.get(at.objectKey());
            byte[] block = reader.read(at, content(id, index.hash(id)), object, (int) at.offset());
            assertThat(block).isEqualTo(content);
            assertThat(index.hashEquals(id, BlockHash.of(content))).isTrue();
          });
    }
  }

  @Test
  void stateAfter_doesNotChangeTheIndex() {
    History history = new History(seed.random);
    history.base(5);
    BlockIndex index = history.head().index();
    Digest before = index.state();
    Digest empty = index.stateAfter(List.of(), index.ids());
    assertThat(empty).isEqualTo(Digest.ZERO);
    assertThat(index.state()).isEqualTo(before);
    assertThat(index.stateAfter(List.of(), new RoaringBitmap())).isEqualTo(before);
  }

  @Test
  void copy_isIndependentInBothDirections() {
    History history = new History(seed.random);
    history.base(50);
    BlockIndex index = history.head().index();
    BlockIndex copy = index.copy();
    Digest before = index.state();
    Map<Integer, BlockHash> hashes = new HashMap<>();
    index.ids().forEach((int id) -> hashes.put(id, index.hash(id)));

    EncodedChangeset next = history.checkpoint(40, 3);
    assertThat(copy.state()).isEqualTo(before);
    hashes.forEach((id, hash) -> assertThat(copy.hash(id)).isEqualTo(hash));

    BlockIndex third = copy.copy();
    copy.apply(next.decoded());
    assertThat(copy.state()).isEqualTo(history.head().index().state());
    hashes.forEach((id, hash) -> assertThat(third.hash(id)).isEqualTo(hash));
    assertThat(third.state()).isEqualTo(before);
  }

  @Test
  void apply_thatDoesNotAddUp_leavesTheIndexAsItIs() {
    History history = new History(seed.random);
    history.base(6);
    BlockIndex index = history.head().index().copy();
    Digest before = index.state();
    RoaringBitmap ids = index.ids();
    EncodedChangeset good = history.checkpoint(3, 1);

    Changeset wrongState = withState(good.changeset(), Digest.sha256(new byte[1]));
    Changeset strangeFreed =
        with(good.changeset(), good.changeset().identity(), RoaringBitmap.bitmapOf(4999, 4998));
    Changeset beyond =
        with(
            emptied(good.changeset()), identityWithCount(good.changeset(), 0), new RoaringBitmap());
    for (Changeset bad : List.of(wrongState, strangeFreed, beyond)) {
      assertThatThrownBy(() -> index.apply(new DecodedChangeset(bad, 300, 1 << 20, Digest.ZERO)))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("log/00000000000000000002.changeset");
      assertThat(index.state()).isEqualTo(before);
      assertThat(index.ids()).isEqualTo(ids);
    }
    index.apply(good.decoded());
    assertThat(index.state()).isEqualTo(good.changeset().state());
  }

  @Test
  void locate_ofBlockThatIsNotInUse_isAnError() {
    BlockIndex index = new BlockIndex();
    assertThat(index.contains(3)).isFalse();
    assertThat(index.hashEquals(3, new BlockHash(0, 0))).isFalse();
    assertThatThrownBy(() -> index.locate(3)).isInstanceOf(NoSuchElementException.class);
    assertThatThrownBy(() -> index.hash(3)).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void objects_withoutBlocks_areForgotten() {
    BlockIndex index = new BlockIndex();
    for (int i = 0; i < 10_000; i++) {
      index.put(1, new BlockHash(i, i), LogKeys.changeset(i + 1), 0, 16384, 0);
    }
    assertThat(index.objects().bound()).isLessThanOrEqualTo(2);
    assertThat(index.locate(1).objectKey()).isEqualTo(LogKeys.changeset(10_000));
  }

  @Test
  void reader_withAnyByteOfTheStoredBlockFlipped_findsIt() {
    byte[] raw = new byte[History.BLOCK_SIZE];
    Arrays.fill(raw, 100, 200, (byte) 7);
    StoredBytes stored = compression.compress(raw, 0, raw.length);
    assertThat(stored.compressed()).isTrue();
    SliceReader reader = new SliceReader(compression);
    byte[] object = stored.bytes().clone();
    ObjectSlice at = new ObjectSlice("log/x", 777, object.length, stored.crc32c(), true);
    BlockHash hash = BlockHash.of(raw);
    assertThat(reader.read(at, content(42, hash), object, 0)).isEqualTo(raw);
    for (int i = 0; i < object.length; i++) {
      object[i] ^= 1;
      int crc32c = StoredBytes.crc32cOf(object, 0, object.length);
      ObjectSlice forged = new ObjectSlice("log/x", 777, object.length, crc32c, true);
      for (ObjectSlice place : List.of(at, forged)) {
        assertRefusedUnlessEqual(reader, hash, place, object, raw);
      }
      object[i] ^= 1;
    }
    assertThatThrownBy(() -> reader.read(at, content(42, new BlockHash(1, 2)), object, 0))
        .hasMessageContaining("log/x at offset 777, block 42")
        .hasMessageContaining("expected hash");
    assertThatThrownBy(() -> reader.read(at, content(42, hash), Arrays.copyOf(object, 5), 0))
        .isInstanceOf(CorruptDataException.class);
  }

  @Test
  void compress_ofRandomBytes_keepsThemRaw() {
    byte[] raw = new byte[History.BLOCK_SIZE];
    seed.random.nextBytes(raw);
    StoredBytes stored = compression.compress(raw, 0, raw.length);
    assertThat(stored.compressed()).isFalse();
    assertThat(stored.bytes()).isEqualTo(raw);
    assertThat(ObjectBody.of(stored.bytes()).length()).isEqualTo(raw.length);
  }

  @Test
  void decompress_ofHostileFrames_neverFailsOtherwise() {
    byte[] raw = new byte[3000];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) (i % 50 == 0 ? seed.random.nextInt() : i);
    }
    byte[] frame = compression.compress(raw, 0, raw.length).bytes();
    byte[] target = new byte[raw.length];
    for (int round = 0; round < 50_000; round++) {
      byte[] bytes = frame.clone();
      seed.damage(bytes, 0, bytes.length);
      bytes =
          Arrays.copyOf(
              bytes, round % 5 == 0 ? seed.random.nextInt(bytes.length + 9) : bytes.length);
      try {
        compression.decompress(bytes, 0, bytes.length, target, 0, target.length);
      } catch (CorruptDataException e) {
        assertThat(e).hasMessageContaining("zstd frame of 3000 bytes");
      } catch (RuntimeException | Error e) {
        throw new AssertionError("haduck.seed=" + seed.value + " round " + round, e);
      }
    }
  }

  private static SliceContent content(int blockId, BlockHash hash) {
    return new SliceContent.Block(blockId, hash, History.BLOCK_SIZE);
  }

  private static void assertRefusedUnlessEqual(
      SliceReader reader, BlockHash hash, ObjectSlice at, byte[] object, byte[] raw) {
    try {
      // zstd ignores a bit or two of its header; what comes out is right or an error
      assertThat(reader.read(at, content(42, hash), object, 0)).isEqualTo(raw);
    } catch (CorruptDataException e) {
      assertThat(e).hasMessageContaining("log/x at offset 777, block 42");
    }
  }

  /** The definition in docs/internals/format.md#changeset, computed the slow way. */
  private static Digest stateFromScratch(Map<Integer, byte[]> blocks) {
    BigInteger sum = BigInteger.ZERO;
    for (Map.Entry<Integer, byte[]> block : blocks.entrySet()) {
      byte[] message = new byte[24];
      ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).putLong(block.getKey());
      byte[] hash = Digest.sha256(block.getValue()).bytes();
      System.arraycopy(hash, 0, message, 8, 16);
      sum = sum.add(new BigInteger(1, reversed(Digest.sha256(message).bytes())));
    }
    byte[] big = sum.mod(BigInteger.ONE.shiftLeft(256)).toByteArray();
    byte[] padded = new byte[32];
    for (int i = 0; i < Math.min(32, big.length); i++) {
      padded[31 - i] = big[big.length - 1 - i];
    }
    return Digest.of(reversed(padded));
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] other = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      other[i] = bytes[bytes.length - 1 - i];
    }
    return other;
  }

  private static Changeset emptied(Changeset c) {
    return new Changeset(
        c.seq(),
        c.epoch(),
        c.nonce(),
        c.lineage(),
        c.parent(),
        c.anchor(),
        c.timeMicros(),
        c.kind(),
        c.identity(),
        c.headers(),
        List.of(),
        List.of(),
        new ArrayList<>(),
        new RoaringBitmap(),
        null,
        c.state(),
        null);
  }

  private static DatabaseIdentity identityWithCount(Changeset c, long count) {
    DatabaseIdentity i = c.identity();
    return new DatabaseIdentity(
        i.identifier(), i.storageVersion(), i.blockSize(), i.iteration(), count);
  }

  private static Changeset withState(Changeset c, Digest state) {
    return new Changeset(
        c.seq(),
        c.epoch(),
        c.nonce(),
        c.lineage(),
        c.parent(),
        c.anchor(),
        c.timeMicros(),
        c.kind(),
        c.identity(),
        c.headers(),
        c.segments(),
        c.earlier(),
        c.blocks(),
        c.freed(),
        c.wal(),
        state,
        c.databasePath());
  }

  private static Changeset with(Changeset c, DatabaseIdentity identity, RoaringBitmap freed) {
    List<StoredBlock> blocks =
        c.blocks().stream().filter(block -> !freed.contains(block.blockId())).toList();
    return new Changeset(
        c.seq(),
        c.epoch(),
        c.nonce(),
        c.lineage(),
        c.parent(),
        c.anchor(),
        c.timeMicros(),
        c.kind(),
        identity,
        c.headers(),
        c.segments(),
        c.earlier(),
        blocks,
        freed,
        c.wal(),
        c.state(),
        c.databasePath());
  }
}
