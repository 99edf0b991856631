package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnsupportedDatabaseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WriteAheadLogTest {

  @TempDir Path directory;

  @ParameterizedTest
  @Tag("compat")
  @ValueSource(strings = {"v1.2.0", "v1.4.0"})
  void scan_commits_areAsManyAsDuckDbMade(String storageVersion) throws Exception {
    Path path = directory.resolve("commits.db");
    try (DuckDatabase duck =
        DuckDatabase.attach(path, "STORAGE_VERSION '" + storageVersion + "'")
            .withoutAutomaticCheckpoints()) {
      duck.execute("CREATE TABLE t (i INTEGER, s VARCHAR)", "CHECKPOINT db");
      for (int i = 0; i < 25; i++) {
        duck.execute("INSERT INTO t VALUES (" + i + ", repeat('x', " + i + "))");
      }
      duck.execute(
          "BEGIN",
          "UPDATE t SET s = 'y' WHERE i < 5",
          "DELETE FROM t WHERE i = 7",
          "COMMIT",
          "BEGIN",
          "INSERT INTO t VALUES (99, 'never')",
          "ROLLBACK");
      Path wal = WalFiles.of(path).wal();
      WalScan scan = scan(wal, 0);
      assertThat(scan.commits()).isEqualTo(26);
      assertThat(scan.hasCommittedEntries()).isTrue();
      assertThat(scan.lastFlushEnd()).isEqualTo(Files.size(wal)).isEqualTo(scan.committedEnd());
      assertThat(scan.tail()).isEqualTo(WalTail.CLEAN);
      assertThat(scan.rowGroupData()).isFalse();
      assertThat(scan.checkpoint()).isEmpty();

      DatabaseHeaders headers = DatabaseFiles.open(path).readHeaders();
      WalVersion version = scan.version().orElseThrow();
      if (storageVersion.equals("v1.4.0")) {
        assertThat(version.iteration()).hasValue(headers.active().iteration());
        assertThat(version.databaseIdentifier()).hasValue(headers.main().databaseIdentifier());
      } else {
        assertThat(version).isEqualTo(new WalVersion(Optional.empty(), OptionalLong.empty(), 8));
      }
      assertThat(scan.start()).isEqualTo(version.bytes());
    }
  }

  @Test
  @Tag("compat")
  void scan_fromTheLastFlush_findsOnlyWhatIsNew() throws Exception {
    Path path = directory.resolve("growing.db");
    try (DuckDatabase duck = DuckDatabase.open(path).withoutAutomaticCheckpoints()) {
      duck.execute("CREATE TABLE t (i INTEGER)");
      Path wal = WalFiles.of(path).wal();
      try (FileChannel channel = FileChannel.open(wal)) {
        WriteAheadLog log = WriteAheadLog.open(channel, wal.toString());
        assertThat(log.next()).isNotNull();
        assertThat(log.next()).isNull();
        long from = log.position();
        duck.execute("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)");
        WalScan scan = scan(wal, from);
        assertThat(scan.start()).isEqualTo(from);
        assertThat(scan.commits()).isEqualTo(2);
        assertThat(scan.version()).isPresent();
        // the reader that was at the end goes on
        WalCommit first = log.next();
        assertThat(first).isNotNull();
        assertThat(first.start()).isEqualTo(from);
        assertThat(first.entries()).isGreaterThanOrEqualTo(2);
        assertThat(log.next()).isNotNull();
        assertThat(log.next()).isNull();
        assertThat(log.position()).isEqualTo(scan.lastFlushEnd());
      }
    }
  }

  @Test
  @Tag("compat")
  void scan_bulkInsert_isMarkedAsNamingBlocks() throws Exception {
    Path path = directory.resolve("bulk.db");
    try (DuckDatabase duck = DuckDatabase.open(path).withoutAutomaticCheckpoints()) {
      // 2.0 checkpoints at once, instead of writing a WAL, what is larger than this
      duck.executeIfKnown("SET auto_checkpoint_skip_wal_threshold = 1000000000000");
      duck.execute("CREATE TABLE t (i BIGINT, h UBIGINT)", "INSERT INTO t VALUES (1, 1)");
      Path wal = WalFiles.of(path).wal();
      WalScan small = scan(wal, 0);
      assertThat(small.rowGroupData()).isFalse();
      duck.execute("INSERT INTO t SELECT range, hash(range) FROM range(500000)");
      WalScan bulk = scan(wal, small.lastFlushEnd());
      assertThat(bulk.commits()).isEqualTo(1);
      assertThat(bulk.rowGroupData()).isTrue();
      assertThat(bulk.lastFlushEnd()).isEqualTo(Files.size(wal));
    }
  }

  @ParameterizedTest
  @Tag("compat")
  @CsvSource({"before_header, false", "before_truncate, true"})
  void scan_checkpointThatDied_endsWithItsMark(String abort, boolean headerWritten)
      throws Exception {
    Path path = directory.resolve("died.db");
    byte[] walBytes;
    DatabaseHeaders headers;
    try (DuckDatabase duck = DuckDatabase.open(path).withoutAutomaticCheckpoints()) {
      duck.execute("CREATE TABLE t AS SELECT range i FROM range(1000)", "CHECKPOINT");
      duck.execute("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)");
      duck.execute("PRAGMA debug_checkpoint_abort = '" + abort + "'");
      assertThatThrownBy(() -> duck.execute("CHECKPOINT")).isInstanceOf(SQLException.class);
      walBytes = Files.readAllBytes(WalFiles.of(path).wal());
      headers = DatabaseFiles.open(path).readHeaders();
    }
    WalScan scan = WalScan.of(new MemoryChannel(walBytes), "wal", 0);
    assertThat(scan.commits()).isEqualTo(2);
    WalCommit mark = scan.checkpoint().orElseThrow();
    assertThat(mark.start()).isEqualTo(scan.committedEnd());
    assertThat(mark.end()).isEqualTo(scan.lastFlushEnd()).isEqualTo(walBytes.length);
    assertThat(mark.entries()).isEqualTo(2);
    assertThat(mark.checkpoint().orElseThrow().equals(headers.active().metaBlockPointer()))
        .isEqualTo(headerWritten);

    // as 1.4 leaves it behind: commits after the mark
    byte[] goesOn =
        join(
            walBytes,
            Arrays.copyOfRange(
                walBytes,
                WalVersion.parse(walBytes, walBytes.length).orElseThrow().bytes(),
                (int) mark.start()));
    WalScan after = WalScan.of(new MemoryChannel(goesOn), "wal", 0);
    assertThat(after.checkpoint()).isEmpty();
    assertThat(after.commits()).isEqualTo(4);
    assertThat(after.committedEnd()).isEqualTo(goesOn.length);
  }

  @Test
  @Tag("compat")
  void scan_cutOffAnywhere_endsAtTheLastWholeCommit() throws Exception {
    byte[] wal = realWal();
    List<Long> ends = commitEnds(wal);
    assertThat(ends).hasSize(5).endsWith((long) wal.length);
    int header = WalVersion.parse(wal, wal.length).orElseThrow().bytes();
    for (int length = 0; length <= wal.length; length++) {
      int cut = length;
      WalScan scan = WalScan.of(new MemoryChannel(Arrays.copyOf(wal, cut)), "wal", 0);
      assertThat(scan.commits()).isEqualTo(ends.stream().filter(end -> end <= cut).count());
      assertThat(scan.version().isPresent()).isEqualTo(cut >= header);
      boolean clean = cut == 0 || cut == header || ends.contains((long) cut);
      assertThat(scan.tail()).isEqualTo(clean ? WalTail.CLEAN : WalTail.INCOMPLETE);
    }
  }

  @Test
  void scan_flippedBitInTheLastCommit_endsBeforeIt() throws Exception {
    byte[] wal = realWal();
    List<Long> ends = commitEnds(wal);
    wal[wal.length - 30] ^= 4;
    WalScan scan = WalScan.of(new MemoryChannel(wal), "wal", 0);
    assertThat(scan.commits()).isEqualTo(4);
    assertThat(scan.lastFlushEnd()).isEqualTo(ends.get(3));
    assertThat(scan.tail()).isEqualTo(WalTail.CHECKSUM_MISMATCH);
  }

  @Test
  @Tag("compat")
  void scan_entriesLargerThanWhatIsReadAtOnce_areVerifiedWhole() throws Exception {
    Path path = directory.resolve("large.db");
    byte[] wal;
    try (DuckDatabase duck = DuckDatabase.open(path).withoutAutomaticCheckpoints()) {
      duck.execute("CREATE TABLE t (s VARCHAR)");
      for (int length : new int[] {65_000, 65_500, 131_072, 300_001}) {
        duck.execute("INSERT INTO t VALUES (repeat('x', " + length + "))");
      }
      wal = Files.readAllBytes(WalFiles.of(path).wal());
    }
    assertThat(commitEnds(wal)).hasSize(5).endsWith((long) wal.length);
    wal[wal.length - 100_000] ^= 1;
    WalScan damaged = WalScan.of(new MemoryChannel(wal), "wal", 0);
    assertThat(damaged.commits()).isEqualTo(4);
    assertThat(damaged.tail()).isEqualTo(WalTail.CHECKSUM_MISMATCH);
  }

  @Test
  void scan_entryThatClaimsToBeHuge_isTornAndAllocatesNothing() throws Exception {
    byte[] wal = Arrays.copyOf(version(), 100);
    for (long size : new long[] {85, 1L << 40, Long.MAX_VALUE, -1}) {
      ByteBuffer.wrap(wal).order(ByteOrder.LITTLE_ENDIAN).putLong(8, size);
      WalScan scan = WalScan.of(new MemoryChannel(wal), "wal", 0);
      assertThat(scan.tail()).isEqualTo(WalTail.INCOMPLETE);
      assertThat(scan.hasCommittedEntries()).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    // iteration 65535, whose bytes contain ff ff; identifier bytes of one and two bytes
    "6400626500026600100001027f8001ff0100000000000000000000 6700ffff03 ffff, 65535",
    "64006265000267000affff, 10",
    "6400626500026700ffffffffffffffff7fffff, 9223372036854775807"
  })
  void parseVersion_fields_areReadNotScannedFor(String hex, long iteration) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    WalVersion version = WalVersion.parse(bytes, bytes.length).orElseThrow();
    assertThat(version.iteration()).hasValue(iteration);
    assertThat(version.bytes()).isEqualTo(bytes.length);
    for (int length = 0; length < bytes.length; length++) {
      assertThat(WalVersion.parse(bytes, length)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "640063ffff, not with its version",
    "6400626500 03 ffff, encrypted",
    "6400626500 04 ffff, version 4 is unknown"
  })
  void parseVersion_otherKindsOfWal_areUnsupported(String hex, String message) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    assertThatThrownBy(() -> WriteAheadLog.open(new MemoryChannel(bytes), "my.wal"))
        .isInstanceOf(UnsupportedDatabaseException.class)
        .hasMessageContaining("my.wal")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00000000000000000000",
        "6400e2808080808080808080",
        "640062650002 6800 01 ffff",
        "640062650002 6600 11 00",
        "640062650002 6600 10 8002",
        "640062650002 6700 ffffffffffffffffff01 ffff"
      })
  void parseVersion_nonsense_isCorruptNeverNoWal(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    assertThatThrownBy(() -> WriteAheadLog.open(new MemoryChannel(bytes), "my.wal"))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("my.wal");
  }

  @Test
  void next_entriesThatVerifyAndMakeNoSense_areCorrupt() throws IOException {
    byte[] flush = {0x64, 0, 100, -1, -1};
    byte[] insert = {0x64, 0, 26, -1, -1};
    byte[] mark = HexFormat.of().parseHex("640063" + "6500" + "640007" + "ffffffff");
    assertCorrupt(wal(new byte[] {0x64, 0, 100, -1}), "4 bytes");
    assertCorrupt(wal(new byte[] {0x65, 0, 100, -1, -1}), "expected field 100, found 101");
    assertCorrupt(wal(insert, mark, flush), "follows entries without a flush");
    assertCorrupt(wal(mark, insert, flush), "follows a checkpoint's mark");
    assertCorrupt(wal(new byte[] {0x64, 0, 99, 0x65, 0, 9, 0, -1, -1}), "found field 9");
    WalScan scan = WalScan.of(new MemoryChannel(wal(mark, flush)), "wal", 0);
    assertThat(scan.checkpoint().orElseThrow().checkpoint()).hasValue(new MetadataPointer(7));
    assertThat(scan.hasCommittedEntries()).isFalse();
  }

  private static void assertCorrupt(byte[] wal, String message) {
    assertThatThrownBy(() -> WalScan.of(new MemoryChannel(wal), "my.wal", 0))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("my.wal")
        .hasMessageContaining(message);
  }

  @Test
  void walFiles_oddNames_areThoseOfDuckDb() {
    assertThat(WalFiles.of(Path.of("/data/my.duckdb")))
        .isEqualTo(
            new WalFiles(
                Path.of("/data/my.duckdb.wal"),
                Path.of("/data/my.duckdb.wal.checkpoint"),
                Path.of("/data/my.duckdb.wal.recovery")));
    assertThat(WalFiles.of(Path.of("a b")).wal()).isEqualTo(Path.of("a b.wal"));
    assertThat(WalFiles.of(Path.of("x/why?.db")).wal()).isEqualTo(Path.of("x/why.wal?.db"));
  }

  @Test
  @Tag("compat")
  void walFiles_questionMarkInTheName_isWhereDuckDbWrites() throws Exception {
    Path path = directory.resolve("why?.db");
    try (DuckDatabase duck =
        DuckDatabase.attach(path, "READ_WRITE").withoutAutomaticCheckpoints()) {
      duck.execute("CREATE TABLE t (i INTEGER)");
      assertThat(WalFiles.of(path).wal()).exists();
      assertThat(scan(WalFiles.of(path).wal(), 0).commits()).isEqualTo(1);
    }
  }

  /** Five commits of a real DuckDB. */
  private byte[] realWal() throws Exception {
    Path path = directory.resolve("real.db");
    try (DuckDatabase duck = DuckDatabase.open(path).withoutAutomaticCheckpoints()) {
      duck.execute(
          "CREATE TABLE t (i INTEGER, s VARCHAR)",
          "INSERT INTO t VALUES (1, 'one')",
          "INSERT INTO t SELECT range, 'n' FROM range(20)",
          "UPDATE t SET s = 'two' WHERE i = 2",
          "DELETE FROM t WHERE i = 3");
      return Files.readAllBytes(WalFiles.of(path).wal());
    }
  }

  private static List<Long> commitEnds(byte[] wal) throws IOException {
    List<Long> ends = new ArrayList<>();
    WriteAheadLog log = WriteAheadLog.open(new MemoryChannel(wal), "wal");
    for (WalCommit commit = log.next(); commit != null; commit = log.next()) {
      ends.add(commit.end());
    }
    return ends;
  }

  private static byte[] version() {
    return HexFormat.of().parseHex("640062650002ffff");
  }

  private static byte[] wal(byte[]... entries) {
    byte[] wal = version();
    for (byte[] entry : entries) {
      byte[] frame =
          ByteBuffer.allocate(16)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(entry.length)
              .putLong(BlockChecksum.of(entry, 0, entry.length))
              .array();
      wal = join(wal, join(frame, entry));
    }
    return wal;
  }

  private static byte[] join(byte[] first, byte[] second) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    joined.writeBytes(first);
    joined.writeBytes(second);
    return joined.toByteArray();
  }

  private static WalScan scan(Path wal, long from) throws IOException {
    try (FileChannel channel = FileChannel.open(wal)) {
      WalScan scan = WalScan.of(channel, wal.toString(), from);
      assertThat(WriteAheadLog.countCommits(channel, wal.toString(), from))
          .isEqualTo(scan.commits());
      return scan;
    }
  }
}
