package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import io.haduck.testing.internal.HostileInputs;
import io.haduck.testing.internal.HostileInputs.Hot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.roaringbitmap.RoaringBitmap;

/**
 * Database and WAL files whose bytes someone has a hand in, half of them under checksums that hold:
 * typed errors, bounded memory.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
final class HostileFilesTest {
  /** What {@link WalWindow} takes, and a little. */
  private static final long WINDOW = 160 << 10;

  @TempDir static Path built;
  private static @Nullable Path database;
  private static byte[] wal = new byte[0];

  @TempDir Path directory;

  @Test
  void headers() throws Exception {
    byte[] original = Arrays.copyOf(Files.readAllBytes(database()), DatabaseHeaders.BYTES);
    var tally =
        new HostileInputs(
                "DatabaseHeaders.parse",
                16 << 10,
                3,
                CorruptDataException.class,
                UnsupportedDatabaseException.class)
            .feed(
                random -> {
                  // Mostly where the fields are.
                  int header = random.nextInt(3) * 4096;
                  byte[] bytes =
                      HostileInputs.mutate(
                          random, original, new Hot(header, header + 160), List.of(original));
                  if (random.nextInt(10) > 0) {
                    bytes = Arrays.copyOf(bytes, DatabaseHeaders.BYTES);
                  }
                  if (bytes.length >= DatabaseHeaders.BYTES && random.nextInt(4) > 0) {
                    for (int at = 0; at < DatabaseHeaders.BYTES; at += 4096) {
                      Mutations.seal(bytes, at, 4096);
                    }
                  }
                  return bytes;
                },
                input -> {
                  DatabaseHeader active = DatabaseHeaders.parse(input).active();
                  assertThat(active.blockSize()).isBetween(16384, 262144);
                  assertThat(active.blockCount()).isBetween(0L, (long) Integer.MAX_VALUE);
                  assertThat(active.freeListPointer().isWithin(active.blockCount())).isTrue();
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  @Test
  void freeList() throws Exception {
    Path path = directory.resolve("copy.db");
    Files.copy(database(), path);
    DatabaseFile file = DatabaseFiles.open(path);
    DatabaseHeaders headers = file.readHeaders();
    DatabaseHeader header = headers.active();
    int size = header.blockSize();
    byte[] original = new byte[size];
    long position = headers.blockPosition(header.freeListPointer().blockId());
    file.read(position, original, 0, size);
    int subBlock = 8 + header.freeListPointer().subBlock() * 248;
    Hot hot = new Hot(subBlock, subBlock + 248);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      var tally =
          new HostileInputs("FreeList.read", 20L * size, 8, CorruptDataException.class)
              .feed(
                  random -> {
                    byte[] bytes =
                        Arrays.copyOf(
                            HostileInputs.mutate(random, original, hot, List.of(original)), size);
                    // A checksum that does not hold is waited for: it may be a torn read.
                    if (random.nextInt(20_000) > 0) {
                      Mutations.seal(bytes, 0, size);
                    }
                    return bytes;
                  },
                  input -> {
                    int written = channel.write(ByteBuffer.wrap(input), position);
                    assertThat(written).isEqualTo(size);
                    FreeList list;
                    try {
                      list = FreeList.read(file, headers);
                    } catch (CorruptDataException e) {
                      assertThat(e).hasMessageContaining(path.toString());
                      throw e;
                    }
                    assertBelow(list.free(), header.blockCount());
                    assertBelow(list.metadata(), header.blockCount());
                  });
      assertThat(tally.accepted()).isPositive();
      assertThat(tally.refused()).isPositive();
    }
  }

  private static void assertBelow(RoaringBitmap ids, long bound) {
    assertThat(ids.isEmpty() || ids.last() < bound).isTrue();
  }

  @Test
  void writeAheadLog() throws Exception {
    database();
    List<byte[]> seeds = walSeeds();
    var tally =
        new HostileInputs(
                "WalScan.of",
                WINDOW,
                40,
                CorruptDataException.class,
                UnsupportedDatabaseException.class)
            .feed(
                random -> hostileWal(random, seeds),
                input -> {
                  WalScan scan = WalScan.of(new MemoryChannel(input), "wal", 0);
                  assertThat(scan.start()).isLessThanOrEqualTo(scan.committedEnd());
                  assertThat(scan.committedEnd()).isLessThanOrEqualTo(scan.lastFlushEnd());
                  assertThat(scan.lastFlushEnd()).isLessThanOrEqualTo(input.length);
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  @Test
  void walVersion() throws Exception {
    database();
    List<byte[]> seeds = new ArrayList<>();
    for (byte[] seed : walSeeds()) {
      seeds.add(Arrays.copyOf(seed, Math.min(seed.length, WalVersion.LONGEST)));
    }
    var tally =
        new HostileInputs(
                "WalVersion.parse",
                16 << 10,
                40,
                CorruptDataException.class,
                UnsupportedDatabaseException.class)
            .feed(
                random -> HostileInputs.mutate(random, seeds),
                input ->
                    WalVersion.parse(input, input.length)
                        .ifPresent(
                            version -> assertThat(version.bytes()).isBetween(1, input.length)));
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  /** Also on WAL files that are two, as while a checkpoint runs. */
  @Test
  void iterationWal() throws Exception {
    DatabaseHeaders headers = DatabaseFiles.open(database()).readHeaders();
    List<byte[]> seeds = walSeeds();
    Path path = directory.resolve("hostile.db");
    WalFiles files = WalFiles.of(path);
    int[] second = new int[1];
    var tally =
        new HostileInputs(
                "IterationWal.look",
                3 * WINDOW,
                60,
                CorruptDataException.class,
                UnsupportedDatabaseException.class)
            .slow()
            .feed(
                random -> {
                  second[0] = random.nextInt(3);
                  return hostileWal(random, seeds);
                },
                input -> {
                  write(files.wal(), second[0] == 2 ? markedWal() : input);
                  if (second[0] > 0) {
                    write(files.checkpoint(), second[0] == 2 ? input : wal);
                  } else {
                    Files.deleteIfExists(files.checkpoint());
                  }
                  try (IterationWal stream = new IterationWal(files)) {
                    WalView view = stream.observe(headers);
                    assertThat(view.end()).isLessThanOrEqualTo(input.length + 2L * wal.length);
                    byte[] bytes = new byte[(int) view.end()];
                    stream.read(view.iteration(), 0, bytes, 0, bytes.length);
                    stream
                        .namedBlocks(0, view.end())
                        .ifPresent(ids -> assertBelow(ids, Integer.MAX_VALUE));
                  }
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  @Test
  void rowGroupEntries() throws Exception {
    database();
    List<byte[]> entries = new ArrayList<>();
    for (int start : frameStarts(wal)) {
      int size = (int) ByteBuffer.wrap(wal).order(ByteOrder.LITTLE_ENDIAN).getLong(start);
      byte[] entry = Arrays.copyOfRange(wal, start + 16, start + 16 + size);
      if (WalEntries.isRowGroupData(entry)) {
        entries.add(entry);
      }
    }
    assertThat(entries).isNotEmpty();
    // Many places in it that look as if lists of ids followed, each as long as possible.
    byte[] lists = new byte[40_000];
    for (int i = 0; i + 8 < 20_000; i += 8) {
      System.arraycopy(new byte[] {0x69, 0, 1, 1, 0, (byte) 0xa0, 0x1f, 0}, 0, lists, i, 8);
    }
    var tally =
        new HostileInputs("RowGroupBlocks.find", 16 << 10, 3000)
            .feed(
                random ->
                    HostileInputs.mutate(
                        random, random.nextInt(500) == 0 ? List.of(lists) : entries),
                input -> {
                  RoaringBitmap found = RowGroupBlocks.find(input);
                  if (found != null) {
                    assertBelow(found, Integer.MAX_VALUE);
                  }
                });
    assertThat(tally.refused()).isZero();
  }

  private static byte[] hostileWal(Random random, List<byte[]> seeds) {
    byte[] seed = seeds.get(random.nextInt(seeds.size()));
    List<Integer> starts = frameStarts(seed);
    int start = starts.get(random.nextInt(starts.size()));
    Hot hot = random.nextInt(4) == 0 ? new Hot(0, 40) : new Hot(start, start + 48);
    byte[] bytes = HostileInputs.mutate(random, seed, hot, seeds);
    if (random.nextInt(3) > 0) {
      reseal(bytes);
    }
    return bytes;
  }

  /** Gives each entry that can be found the checksum of its bytes. */
  private static void reseal(byte[] bytes) {
    ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int start : frameStarts(bytes)) {
      int size = (int) values.getLong(start);
      values.putLong(start + 8, BlockChecksum.of(bytes, start + 16, size));
    }
  }

  private static List<Integer> frameStarts(byte[] bytes) {
    List<Integer> starts = new ArrayList<>();
    ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at;
    try {
      at = WalVersion.parse(bytes, bytes.length).map(WalVersion::bytes).orElse(bytes.length);
    } catch (CorruptDataException | UnsupportedDatabaseException e) {
      return starts;
    }
    while (at + 16 <= bytes.length) {
      long size = values.getLong(at);
      if (size < 0 || size > bytes.length - at - 16) {
        break;
      }
      starts.add(at);
      at += 16 + (int) size;
    }
    return starts;
  }

  /** A real WAL, also without its long entries, and one that ends with a checkpoint's mark. */
  private static List<byte[]> walSeeds() {
    List<Integer> starts = frameStarts(wal);
    return List.of(wal, Arrays.copyOf(wal, starts.get(starts.size() / 2)), markedWal());
  }

  /** The version record, a commit, and the mark of a checkpoint that is running. */
  private static byte[] markedWal() {
    int from = frameStarts(wal).get(0);
    byte[] mark = {
      100, 0, 99, 101, 0, 100, 0, 55, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff
    };
    byte[] flush = {100, 0, 100, (byte) 0xff, (byte) 0xff};
    ByteBuffer marked =
        ByteBuffer.allocate(from + 16 + mark.length + 16 + flush.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(wal, 0, from);
    for (byte[] entry : List.of(mark, flush)) {
      marked.putLong(entry.length).putLong(BlockChecksum.of(entry, 0, entry.length)).put(entry);
    }
    return marked.array();
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A closed database with free blocks; its WAL with a bulk insert is kept beside. */
  private static Path database() throws Exception {
    Path known = database;
    if (known != null) {
      return known;
    }
    Path path = built.resolve("closed.db");
    try (DuckDatabase duck =
        DuckDatabase.attach(path, "BLOCK_SIZE 16384").withoutAutomaticCheckpoints()) {
      duck.execute(
          "CREATE TABLE t AS SELECT range i, sha256(range::VARCHAR) s FROM range(20000)",
          "CHECKPOINT db",
          "DELETE FROM t WHERE i > 5000",
          "CREATE TABLE u AS SELECT range i FROM range(3000)",
          "CHECKPOINT db");
    }
    Path other = built.resolve("wal.db");
    try (DuckDatabase duck =
        DuckDatabase.attach(other, "BLOCK_SIZE 16384").withoutAutomaticCheckpoints()) {
      duck.execute(
          "CREATE TABLE t (i INTEGER, s VARCHAR)",
          "INSERT INTO t VALUES (1, 'one')",
          "UPDATE t SET s = 'two' WHERE i = 1",
          "CREATE TABLE b AS SELECT range i, repeat('x', 100) || range s FROM range(130000)",
          "DELETE FROM t WHERE i = 3",
          "INSERT INTO t SELECT range, 'n' FROM range(20)");
      wal = Files.readAllBytes(WalFiles.of(other).wal());
    }
    database = path;
    return path;
  }
}
