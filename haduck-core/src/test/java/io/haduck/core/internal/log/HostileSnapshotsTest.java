package io.haduck.core.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.CorruptDataException;
import io.haduck.testing.internal.History;
import io.haduck.testing.internal.HostileInputs;
import io.haduck.testing.internal.HostileInputs.Hot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Snapshots after every kind of changeset whose bytes someone has a hand in, some of them under
 * checksums that hold: typed errors, bounded memory.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class HostileSnapshotsTest {
  /** The table of pages that an index takes for one id below 2^31, and what it grew from. */
  private static final long PAGE_TABLE = 120L << 20;

  /** 2^26 ids that left the index, as runs in a few bytes, and then as bitmaps, several times. */
  private static final long LOST_IDS = 128L << 20;

  private final List<byte[]> originals = new ArrayList<>();
  private final List<DecodedChangeset> changesets = new ArrayList<>();

  HostileSnapshotsTest() {
    History history = new History(new Random(7));
    history.base(3);
    Set<ChangesetKind> kinds = EnumSet.noneOf(ChangesetKind.class);
    for (int i = 0; i < 40; i++) {
      changesets.add(history.next().decoded());
      originals.add(SnapshotCodec.encode(history.head().snapshot()).toByteArray());
      kinds.add(history.head().kind());
    }
    assertThat(kinds).containsExactlyInAnyOrder(ChangesetKind.values());
  }

  @Test
  void snapshots() {
    int[] chosen = new int[1];
    int[] started = new int[1];
    var tally =
        new HostileInputs(
                "SnapshotCodec.decode", PAGE_TABLE + LOST_IDS, 400, CorruptDataException.class)
            .feed(
                random -> {
                  int i = random.nextInt(originals.size());
                  chosen[0] = i;
                  byte[] original = originals.get(i);
                  int head = headLength(original);
                  int blocks = head + HeaderBytes.LENGTH;
                  Hot hot =
                      switch (random.nextInt(4)) {
                        case 0 -> new Hot(8, SnapshotHead.FIXED_LENGTH);
                        case 1 -> new Hot(SnapshotHead.FIXED_LENGTH - 4, head);
                        default -> new Hot(blocks, original.length - Digest.LENGTH);
                      };
                  byte[] mutated = HostileInputs.mutate(random, original, hot, originals);
                  return random.nextInt(3) > 0 ? closed(mutated, head) : mutated;
                },
                input -> {
                  DecodedChangeset changeset = changesets.get(chosen[0]);
                  String key = LogKeys.snapshot(changeset.changeset().seq());
                  Snapshot snapshot;
                  try {
                    snapshot = SnapshotCodec.decode(key, input);
                  } catch (CorruptDataException e) {
                    assertThat(e).hasMessageContaining(key);
                    throw e;
                  }
                  if (snapshot.identity().blockCount() <= History.BLOCK_COUNT) {
                    assertThat(SnapshotCodec.encode(snapshot).length()).isEqualTo(input.length);
                  }
                  LogState.start(snapshot, changeset);
                  started[0]++;
                });
    assertThat(tally.accepted()).as("harmless damage, such as to the headers").isPositive();
    assertThat(started[0]).isPositive();
  }

  @Test
  void heads() {
    int[] chosen = new int[1];
    List<byte[]> heads =
        originals.stream().map(bytes -> Arrays.copyOf(bytes, headLength(bytes))).toList();
    var tally =
        new HostileInputs("SnapshotObjects.read", 64 << 10, 60, CorruptDataException.class)
            .feed(
                random -> {
                  int i = random.nextInt(heads.size());
                  chosen[0] = i;
                  byte[] head = heads.get(i);
                  Hot hot =
                      random.nextBoolean()
                          ? new Hot(8, SnapshotHead.FIXED_LENGTH)
                          : new Hot(SnapshotHead.FIXED_LENGTH - 4, head.length - Digest.LENGTH);
                  byte[] mutated = HostileInputs.mutate(random, head, hot, heads);
                  return random.nextInt(3) > 0 ? sealed(mutated) : mutated;
                },
                input -> {
                  String key = LogKeys.snapshot(changesets.get(chosen[0]).changeset().seq());
                  try {
                    SnapshotObjects found = SnapshotObjects.read(key, input);
                    assertThat(found.position().seq())
                        .isEqualTo(LogKeys.snapshotSeq(key).orElseThrow());
                    assertThat(found.objects()).isSortedAccordingTo(HostileSnapshotsTest::compare);
                  } catch (CorruptDataException e) {
                    assertThat(e).hasMessageContaining(key);
                    throw e;
                  }
                });
    assertThat(tally.accepted()).as("harmless damage, such as to a time").isPositive();
  }

  private static int compare(LiveObject a, LiveObject b) {
    return a.key().compareTo(b.key());
  }

  private static int headLength(byte[] snapshot) {
    return ByteBuffer.wrap(snapshot).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
  }

  /** With a head of as many bytes as there are, whose digest holds. */
  private static byte[] sealed(byte[] head) {
    return head.length < SnapshotHead.FIXED_LENGTH + Digest.LENGTH
        ? head
        : sealed(head, head.length);
  }

  private static byte[] sealed(byte[] bytes, int headLength) {
    byte[] result = bytes.clone();
    int end = headLength - Digest.LENGTH;
    ByteBuffer.wrap(result)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(12, headLength)
        .put(end, Digest.sha256(result, 0, end).bytes());
    return result;
  }

  /** With its length, its head and its trailer right, as far as there is room. */
  private static byte[] closed(byte[] bytes, int head) {
    if (bytes.length < head + Digest.LENGTH) {
      return bytes;
    }
    byte[] result = bytes.clone();
    ByteBuffer.wrap(result).order(ByteOrder.LITTLE_ENDIAN).putLong(16, result.length);
    result = sealed(result, head);
    int end = result.length - Digest.LENGTH;
    ByteBuffer.wrap(result).put(end, Digest.sha256(result, 0, end).bytes());
    return result;
  }
}
