package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.HostileInputs;
import io.haduck.testing.internal.HostileInputs.Hot;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.roaringbitmap.RoaringBitmap;

/**
 * Objects of a replica whose bytes someone has a hand in, half of them under checksums that hold:
 * typed errors, bounded memory.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class HostileObjectsTest {
  /** The table of pages that an index takes for one id below 2^31, and what it grew from. */
  private static final long PAGE_TABLE = 120L << 20;

  /** 2^26 ids that leave the index, as runs in a few bytes, and then as bitmaps. */
  private static final long FREED_IDS = 64L << 20;

  private final History history = new History(new Random(7));
  private final List<EncodedChangeset> changesets = new ArrayList<>();
  private final List<LogState> befores = new ArrayList<>();
  private final List<byte[]> heads = new ArrayList<>();
  private final List<byte[]> objects = new ArrayList<>();

  HostileObjectsTest() {
    history.base(3);
    for (int i = 0; i < 40; i++) {
      LogState before = history.head().copy();
      EncodedChangeset next = history.next();
      if (next.changeset().blocks().size() < 20) {
        changesets.add(next);
        befores.add(before);
        byte[] bytes = next.body().toByteArray();
        heads.add(Arrays.copyOf(bytes, next.headLength()));
        objects.add(bytes);
      }
    }
  }

  @Test
  void changesetHeads() {
    int[] chosen = new int[1];
    var tally =
        new HostileInputs("ChangesetCodec.decode", FREED_IDS, 60, CorruptDataException.class)
            .feed(
                random -> {
                  int i = random.nextInt(heads.size());
                  chosen[0] = i;
                  byte[] head = heads.get(i);
                  byte[] mutated = HostileInputs.mutate(random, head, hot(i), heads);
                  return random.nextBoolean() ? sealed(mutated) : mutated;
                },
                input -> {
                  EncodedChangeset original = changesets.get(chosen[0]);
                  DecodedChangeset decoded;
                  try {
                    decoded = ChangesetCodec.decode(original.key(), input);
                  } catch (CorruptDataException e) {
                    assertThat(e).hasMessageContaining(original.key());
                    throw e;
                  }
                  if (decoded.inlineLength() < 1 << 16) {
                    assertEncodesAgain(decoded);
                  }
                });
    assertThat(tally.accepted()).as("harmless damage, such as to a CRC").isPositive();
  }

  private static void assertEncodesAgain(DecodedChangeset decoded) {
    List<byte[]> inline = List.of(new byte[(int) decoded.inlineLength()]);
    EncodedChangeset again = ChangesetCodec.encode(decoded.changeset(), inline);
    if (!ChangesetCodec.decode(again.key(), again.body().toByteArray()).equals(again.decoded())) {
      throw new AssertionError("encodes to another changeset: " + decoded);
    }
  }

  /** The most that a few bytes can stand for. */
  @Test
  void freedIdsAsRuns_takeNoMoreThanTheBound() {
    RoaringBitmap freed = new RoaringBitmap();
    freed.add(1L << 20, (1L << 20) + (1L << 26));
    assertThat(freed.runOptimize()).isTrue();
    Output out = new Output();
    out.ids(freed);
    byte[] bytes = out.toByteArray();
    for (int i = 0; i < 2; i++) { // the first one loads classes
      long before = allocated();
      Input in = new Input("object", bytes, 0, bytes.length);
      assertThat(BlockIds.decode(in, Integer.MAX_VALUE, 0, "freed ids")).isEqualTo(freed);
      if (i > 0) {
        assertThat(allocated() - before).isLessThan(FREED_IDS);
      }
    }
  }

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @Test
  void changesets_appliedToAState() {
    int[] chosen = new int[1];
    var tally =
        new HostileInputs("LogState.apply", PAGE_TABLE, 400, CorruptDataException.class)
            .feed(
                random -> {
                  int i = random.nextInt(heads.size());
                  chosen[0] = i;
                  byte[] head = heads.get(i);
                  return sealed(HostileInputs.mutate(random, head, hot(i), heads));
                },
                input -> {
                  DecodedChangeset decoded =
                      withRightState(
                          ChangesetCodec.decode(changesets.get(chosen[0]).key(), input),
                          befores.get(chosen[0]));
                  LogState state = befores.get(chosen[0]).copy();
                  state.apply(decoded);
                });
    assertThat(tally.accepted()).isPositive();
  }

  /** Past the check of the state too, which what is damaged does not lead to. */
  private static DecodedChangeset withRightState(DecodedChangeset decoded, LogState before) {
    Changeset c = decoded.changeset();
    Digest state =
        c.kind() == ChangesetKind.BASE
            ? BlockIndex.stateOf(c.blocks())
            : before.index().stateAfter(c.blocks(), c.freed());
    Changeset right =
        new Changeset(
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
    return new DecodedChangeset(
        right, decoded.headLength(), decoded.inlineLength(), decoded.digest());
  }

  @Test
  void wholeChangesets_checked() {
    int[] chosen = new int[1];
    new HostileInputs("ChangesetCheck", FREED_IDS, 120, CorruptDataException.class)
        .feed(
            random -> {
              int i = random.nextInt(objects.size());
              chosen[0] = i;
              byte[] object = objects.get(i);
              Hot hot = random.nextBoolean() ? hot(i) : new Hot(0, object.length);
              byte[] mutated = HostileInputs.mutate(random, object, hot, objects);
              return random.nextBoolean() ? closed(mutated) : mutated;
            },
            input -> {
              EncodedChangeset original = changesets.get(chosen[0]);
              ChangesetCheck check =
                  ChangesetCheck.of(
                      original.key(),
                      WholeObject.of(input),
                      input,
                      befores.get(chosen[0]),
                      history.lineage);
              boolean same = Arrays.equals(input, objects.get(chosen[0]));
              if (same != (check.damages().isEmpty() && !check.dataOrTrailer()) && same) {
                throw new AssertionError("damage in what is right: " + check);
              }
            });
  }

  @Test
  void segments() {
    Random made = new Random(3);
    UUID nonce = new UUID(1, 2);
    List<byte[]> originals = new ArrayList<>();
    List<SegmentRef> refs = new ArrayList<>();
    try (BlockCompression compression = new BlockCompression()) {
      for (int i = 0; i < 8; i++) {
        var builder = new SegmentBuilder(history.lineage, 5, nonce, i);
        for (int k = 0; k < 3; k++) {
          byte[] raw = new byte[100 + made.nextInt(400)];
          assertThat(builder.add(compression.compress(raw, 0, raw.length))).isPositive();
        }
        var built = builder.build();
        refs.add(built.ref());
        originals.add(built.body().toByteArray());
      }
    }
    int[] chosen = new int[1];
    var tally =
        new HostileInputs("WholeSegment.verify", 16 << 10, 20, CorruptDataException.class)
            .feed(
                random -> {
                  int i = random.nextInt(originals.size());
                  chosen[0] = i;
                  byte[] mutated =
                      HostileInputs.mutate(
                          random, originals.get(i), new Hot(0, Segment.HEADER_LENGTH), originals);
                  return random.nextBoolean() ? closed(mutated) : mutated;
                },
                input -> {
                  SegmentRef ref = refs.get(chosen[0]);
                  WholeObject object = WholeObject.of(input);
                  SegmentCheck check =
                      SegmentCheck.of(ref.key(), object, input, ref, history.lineage);
                  SegmentCheck alone = SegmentCheck.of(ref.key(), object, input, null, null);
                  boolean found = !check.damages().isEmpty() || check.dataDamaged();
                  if (!found && (!alone.damages().isEmpty() || alone.dataDamaged())) {
                    throw new AssertionError("damaged only if nobody lists it: " + alone);
                  }
                  try {
                    WholeSegment.verify(ref, history.lineage, input);
                  } catch (CorruptDataException e) {
                    if (!found) {
                      throw new AssertionError("refused, and the check finds nothing", e);
                    }
                    throw e;
                  }
                  if (found) {
                    throw new AssertionError("accepted, and the check finds " + check);
                  }
                });
    assertThat(tally.refused()).isPositive();
  }

  @Test
  void compressedBlocks() {
    List<byte[]> frames = new ArrayList<>();
    byte[] raw = new byte[History.BLOCK_SIZE];
    byte[] into = new byte[History.BLOCK_SIZE + 64];
    Random made = new Random(5);
    try (BlockCompression compression = new BlockCompression()) {
      for (int i = 0; i < 20; i++) {
        for (int k = 0; k < raw.length; k++) {
          raw[k] = (byte) (made.nextInt(1 + i) * (k % (i + 3)));
        }
        StoredBytes stored = compression.compress(raw, 0, raw.length);
        if (stored.compressed()) {
          frames.add(stored.bytes());
        }
      }
      var tally =
          new HostileInputs("BlockCompression.decompress", 16 << 10, 4, CorruptDataException.class)
              .feed(
                  random -> HostileInputs.mutate(random, frames),
                  input -> {
                    Arrays.fill(into, History.BLOCK_SIZE, into.length, (byte) 77);
                    try {
                      compression.decompress(input, 0, input.length, into, 0, History.BLOCK_SIZE);
                    } catch (CorruptDataException e) {
                      assertUntouched(into);
                      throw e;
                    }
                    assertUntouched(into);
                  });
      assertThat(tally.accepted()).isPositive();
      assertThat(tally.refused()).isPositive();
    }
  }

  private static void assertUntouched(byte[] into) {
    for (int i = History.BLOCK_SIZE; i < into.length; i++) {
      if (into[i] != 77) {
        throw new AssertionError("wrote beyond its part of the array");
      }
    }
  }

  @Test
  void keys() {
    List<byte[]> originals =
        List.of(
            bytes(LogKeys.changeset(17)),
            bytes(LogKeys.snapshot(Long.MAX_VALUE)),
            bytes(LogKeys.segment(5, UUID.randomUUID(), 0)),
            bytes(LogKeys.segment(5, UUID.randomUUID(), Integer.MAX_VALUE)));
    var tally =
        new HostileInputs("LogKeys", 16 << 10, 100, CorruptDataException.class)
            .feed(
                random -> HostileInputs.mutate(random, originals),
                input -> {
                  String key = new String(input, StandardCharsets.ISO_8859_1);
                  LogKeys.changesetSeq(key)
                      .ifPresent(seq -> assertThat(LogKeys.changeset(seq)).isEqualTo(key));
                  LogKeys.snapshotSeq(key)
                      .ifPresent(seq -> assertThat(LogKeys.snapshot(seq)).isEqualTo(key));
                  EarlierObject.parse(key)
                      .ifPresent(object -> assertThat(object.key()).isEqualTo(key));
                });
    assertThat(tally.refused()).isZero();
  }

  /** Where the fields are; headers are bytes that nobody looks into. */
  private Hot hot(int i) {
    byte[] head = heads.get(i);
    int sections =
        changesets.get(i).changeset().kind().hasHeaders() ? 232 + 8 + HeaderBytes.LENGTH : 8;
    return sections < head.length - Digest.LENGTH
        ? new Hot(sections, head.length - Digest.LENGTH)
        : new Hot(8, head.length);
  }

  /** Makes the head's length that of the array, and its digest that of its bytes. */
  private static byte[] sealed(byte[] head) {
    if (head.length >= ObjectLayout.MIN_CHANGESET_HEAD_LENGTH) {
      ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putInt(12, head.length);
      return closed(head);
    }
    return head;
  }

  /** Makes the last 32 bytes the SHA-256 of those before. */
  private static byte[] closed(byte[] bytes) {
    int end = bytes.length - Digest.LENGTH;
    if (end >= 0) {
      System.arraycopy(Digest.sha256(bytes, 0, end).bytes(), 0, bytes, end, Digest.LENGTH);
    }
    return bytes;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
