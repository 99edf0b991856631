package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

final class IterationWalTest {
  @TempDir Path directory;
  private Path path;
  private WalFiles files;

  @BeforeEach
  void name() {
    path = directory.resolve("my.duckdb");
    files = WalFiles.of(path);
  }

  private static DatabaseHeaders headers(Path database) throws IOException {
    return DatabaseFiles.open(database).readHeaders();
  }

  private static byte[] stream(IterationWal wal, WalView view) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(view.end())];
    wal.read(view.iteration(), 0, bytes, 0, bytes.length);
    return bytes;
  }

  @Test
  @Tag("compat")
  void look_afterEachCommit_streamsWhatDuckDbWrote() throws Exception {
    try (DuckDatabase duck = DuckDatabase.open(path).withoutAutomaticCheckpoints();
        var wal = new IterationWal(files)) {
      duck.execute("CREATE TABLE t (i INTEGER)", "CHECKPOINT");
      assertThat(wal.observe(headers(path)).end()).isZero();
      for (int i = 1; i <= 20; i++) {
        duck.execute("INSERT INTO t VALUES (" + i + ")");
        WalView view = wal.observe(headers(path));
        assertThat(view.commits()).isEqualTo(i);
        assertThat(view.unchangedUpTo()).isEqualTo(Long.MAX_VALUE);
        assertThat(stream(wal, view)).isEqualTo(Files.readAllBytes(files.wal()));
      }
      duck.execute("CHECKPOINT");
      assertThat(wal.observe(headers(path)).end()).isZero();
      duck.execute("INSERT INTO t VALUES (21)");
      WalView view = wal.observe(headers(path));
      assertThat(view.rewinds()).isZero();
      assertThat(stream(wal, view)).isEqualTo(Files.readAllBytes(files.wal()));
    }
  }

  @ParameterizedTest
  @Tag("compat")
  @ValueSource(
      strings = {
        "auto",
        "uncompressed",
        "rle",
        "dictionary",
        "fsst",
        "zstd",
        "bitpacking",
        "alp",
        "roaring"
      })
  void namedBlocks_ofBulkInserts_areAllThatTheTableHas(String compression) throws Exception {
    try (DuckDatabase duck = DuckDatabase.open(path).withoutAutomaticCheckpoints();
        var wal = new IterationWal(files)) {
      duck.execute("CREATE TABLE first AS SELECT range AS i FROM range(100000)", "CHECKPOINT");
      duck.executeIfKnown("SET force_compression = '" + compression + "'");
      long before = 0;
      for (String rows : List.of("range(260000)", "range(260000, 420000)")) {
        duck.execute(
            (before == 0 ? "CREATE TABLE t AS " : "INSERT INTO t ")
                + "SELECT range AS i, range * 1.25 AS d, (range / 10)::DECIMAL(18,2) AS c,"
                + " 'row ' || hash(range) AS s, range % 3 = 0 AS b, NULL::INTEGER AS n,"
                + " CASE WHEN range % 9000 = 0 THEN repeat(md5(range::VARCHAR), 300) END AS big,"
                + " [range, range + 1] AS l, {'a': range, 'b': hash(range)::VARCHAR} AS st,"
                + " [range, 1, 2]::BIGINT[3] AS ar, hash(range)::HUGEINT AS h"
                + " FROM "
                + rows);
        WalView view = wal.observe(headers(path));
        RoaringBitmap named = wal.namedBlocks(0, view.end()).orElseThrow();
        List<Integer> expected = blocksOf(duck);
        assertThat(expected).hasSizeGreaterThan(10);
        assertThat(Arrays.stream(named.toArray()).boxed()).containsAll(expected);
        // What only looks like an id costs a read each: there must be few.
        assertThat(named.getCardinality()).isLessThan(expected.size() + 20);
        RoaringBitmap added = wal.namedBlocks(before, view.end()).orElseThrow();
        assertThat(added.getCardinality()).isLessThanOrEqualTo(named.getCardinality());
        before = view.end();
      }
      assertThat(wal.namedBlocks(before, before).orElseThrow().isEmpty()).isTrue();
    }
  }

  private static List<Integer> blocksOf(DuckDatabase duck) throws SQLException {
    List<Integer> ids = new ArrayList<>();
    for (long id :
        duck.longs(
            "SELECT DISTINCT block_id FROM pragma_storage_info('t') WHERE persistent AND block_id >= 0"
                + " UNION SELECT DISTINCT unnest(additional_block_ids) FROM pragma_storage_info('t')")) {
      ids.add((int) id);
    }
    return ids;
  }

  /** A WAL without DuckDB: entries of any bytes, each commit ended by a flush. */
  private static byte[] commit(String text) {
    var out = new ByteArrayOutputStream();
    byte[] body = ("d\0\u001a" + text).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    out.writeBytes(entry(body));
    out.writeBytes(entry(new byte[] {0x64, 0, 100, (byte) 0xff, (byte) 0xff}));
    return out.toByteArray();
  }

  private static byte[] mark(long pointer) {
    var body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {0x64, 0, 99, 0x65, 0, 0x64, 0});
    for (long rest = pointer; ; rest >>>= 7) {
      if (rest >>> 7 == 0) {
        body.write((int) rest);
        break;
      }
      body.write((int) ((rest & 0x7f) | 0x80));
    }
    body.writeBytes(new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff});
    var out = new ByteArrayOutputStream();
    out.writeBytes(entry(body.toByteArray()));
    out.writeBytes(entry(new byte[] {0x64, 0, 100, (byte) 0xff, (byte) 0xff}));
    return out.toByteArray();
  }

  private static byte[] entry(byte[] body) {
    ByteBuffer entry = ByteBuffer.allocate(16 + body.length).order(ByteOrder.LITTLE_ENDIAN);
    entry.putLong(body.length).putLong(BlockChecksum.of(body, 0, body.length)).put(body);
    return entry.array();
  }

  private static final byte[] VERSION = {0x64, 0, 98, 0x65, 0, 2, (byte) 0xff, (byte) 0xff};

  private static void append(Path file, byte[]... parts) throws IOException {
    for (byte[] part : parts) {
      Files.write(file, part, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  private static void truncate(Path file, long length) throws IOException {
    try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }
  }

  private static byte[] join(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** Headers of a real database, whose own WAL files are not looked at. */
  private DatabaseHeaders someHeaders() throws Exception {
    Path other = directory.resolve("other.duckdb");
    try (DuckDatabase duck = DuckDatabase.open(other)) {
      duck.execute("CREATE TABLE t (i INTEGER)", "CHECKPOINT");
    }
    return headers(other);
  }

  @Test
  void look_afterACommitWasReplacedByAnotherOfItsLength_tellsFromWhereOn() throws Exception {
    DatabaseHeaders headers = someHeaders();
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), commit("two"));
      WalView before = wal.observe(headers);
      wal.committed(before);
      int second = VERSION.length + commit("one").length;
      truncate(files.wal(), second);
      append(files.wal(), commit("TWO"));
      WalView after = wal.observe(headers);
      assertThat(after.end()).isEqualTo(before.end());
      assertThat(after.unchangedUpTo()).isEqualTo(second);
      assertThat(after.rewinds()).isEqualTo(1);
      assertThat(stream(wal, after)).isEqualTo(Files.readAllBytes(files.wal()));
      // What was seen before the next rewind does not confirm what came after it.
      truncate(files.wal(), second);
      append(files.wal(), commit("deux"), commit("three"));
      wal.observe(headers);
      wal.committed(after);
      assertThat(wal.observe(headers).unchangedUpTo()).isEqualTo(second);
    }
  }

  @Test
  void look_afterACommitDisappeared_endsBeforeIt() throws Exception {
    DatabaseHeaders headers = someHeaders();
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), commit("two"));
      wal.observe(headers);
      int second = VERSION.length + commit("one").length;
      truncate(files.wal(), second);
      WalView after = wal.observe(headers);
      assertThat(after.end()).isEqualTo(second).isEqualTo(after.unchangedUpTo());
    }
  }

  @Test
  void look_whileACheckpointRuns_joinsBothFiles() throws Exception {
    DatabaseHeaders headers = someHeaders();
    long next = headers.active().metaBlockPointer().raw() + 5;
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"));
      long end = wal.observe(headers).end();
      append(files.wal(), mark(next));
      WalView begun = wal.observe(headers);
      assertThat(begun.checkpointRunning()).isTrue();
      assertThat(begun.end()).isEqualTo(end);
      append(files.checkpoint(), VERSION, commit("two"), commit("three"));
      WalView joined = wal.observe(headers);
      assertThat(stream(wal, joined))
          .isEqualTo(join(VERSION, commit("one"), commit("two"), commit("three")));
      assertThat(joined.unchangedUpTo()).isEqualTo(Long.MAX_VALUE);
    }
  }

  @Test
  void look_withAFileThatACrashLeft_doesNotTakeItForTheCheckpoints() throws Exception {
    DatabaseHeaders headers = someHeaders();
    long next = headers.active().metaBlockPointer().raw() + 5;
    try (var wal = new IterationWal(files)) {
      append(files.checkpoint(), VERSION, commit("old"));
      append(files.wal(), VERSION, commit("one"));
      assertThat(stream(wal, wal.observe(headers))).isEqualTo(join(VERSION, commit("one")));
      // The mark is there a moment before DuckDB removes the file.
      append(files.wal(), mark(next));
      assertThat(stream(wal, wal.observe(headers))).isEqualTo(join(VERSION, commit("one")));
      Files.delete(files.checkpoint());
      append(files.checkpoint(), VERSION, commit("two"));
      assertThat(stream(wal, wal.observe(headers)))
          .isEqualTo(join(VERSION, commit("one"), commit("two")));
    }
  }

  /** Whatever the operation is before which it happens: it is seen at once, or by the next look. */
  @Test
  void look_withAMarkAndACommitBehindItInItsMidst_losesNeither() throws Exception {
    DatabaseHeaders headers = someHeaders();
    long next = headers.active().metaBlockPointer().raw() + 5;
    byte[] one = join(VERSION, commit("one"));
    byte[] both = join(one, commit("two"));
    boolean happened = true;
    for (int before = 0; happened; before++) {
      Files.deleteIfExists(files.checkpoint());
      Files.write(files.wal(), one);
      Files.setLastModifiedTime(files.wal(), FileTime.fromMillis(1_000_000)); // long settled
      var steps = new OneStep(() -> append(files.wal(), mark(next)));
      try (var wal = new IterationWal(files, steps)) {
        wal.observe(headers);
        steps.pauseBefore(before);
        byte[] seen = stream(wal, wal.observe(headers));
        happened = steps.over();
        assertThat(seen).isIn(one, both);
        if (happened) {
          assertThat(stream(wal, wal.observe(headers))).as("step %s", before).isEqualTo(both);
        }
      }
    }
  }

  /** Does something once, before the operation of a number. */
  private final class OneStep implements ObservationSteps {
    private final IoAction action;
    private int left = -1;
    private boolean over;

    private OneStep(IoAction action) {
      this.action = action;
    }

    private void pauseBefore(int operation) {
      left = operation;
    }

    private boolean over() {
      return over;
    }

    @Override
    public void before(String operation, Path file) {
      if (left-- == 0) {
        over = true;
        try {
          action.run();
          append(files.checkpoint(), VERSION, commit("two"));
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }
  }

  /** Something that is done to files. */
  @FunctionalInterface
  private interface IoAction {
    void run() throws IOException;
  }

  @Test
  void look_afterOneThatBrokeOff_stillTellsWhatChanged() throws Exception {
    DatabaseHeaders headers = someHeaders();
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), commit("two"));
      wal.observe(headers);
      int second = VERSION.length + commit("one").length;
      truncate(files.wal(), second);
      append(files.wal(), entry(new byte[] {1, 2, 3}));
      assertThatThrownBy(() -> wal.observe(headers)).isInstanceOf(CorruptDataException.class);
      truncate(files.wal(), second);
      append(files.wal(), commit("three"));
      assertThat(wal.observe(headers).unchangedUpTo()).isEqualTo(second);
    }
  }

  @Test
  void look_afterACheckpointEnded_takesTheOtherFile_beforeAndAfterItsRename() throws Exception {
    DatabaseHeaders headers = someHeaders();
    append(files.wal(), VERSION, commit("one"), mark(headers.active().metaBlockPointer().raw()));
    append(files.checkpoint(), VERSION, commit("two"));
    try (var wal = new IterationWal(files)) {
      WalView before = wal.observe(headers);
      assertThat(stream(wal, before)).isEqualTo(join(VERSION, commit("two")));
      Files.move(files.checkpoint(), files.wal(), StandardCopyOption.REPLACE_EXISTING);
      WalView after = wal.observe(headers);
      assertThat(after.rewinds()).isZero();
      append(files.wal(), commit("three"));
      assertThat(stream(wal, wal.observe(headers)))
          .isEqualTo(join(VERSION, commit("two"), commit("three")));
    }
  }

  /** Whether the file of an iteration that is over is seen once more, or gone at the next look. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ended_isTheEndOfTheIterationBefore(boolean seenOver) throws Exception {
    DatabaseHeaders before = someHeaders();
    Path database = directory.resolve("other.duckdb");
    try (var wal = new IterationWal(files);
        DuckDatabase duck = DuckDatabase.open(database)) {
      append(files.wal(), VERSION, commit("one"));
      WalView view = wal.observe(before);
      assertThat(wal.ended()).isEmpty();
      duck.execute("INSERT INTO t VALUES (1)", "CHECKPOINT");
      DatabaseHeaders after = headers(database);
      append(files.wal(), mark(after.active().metaBlockPointer().raw()));
      if (seenOver) {
        assertThat(wal.observe(after).end()).isZero();
      }
      Files.delete(files.wal());
      assertThat(wal.observe(after).end()).isZero();
      wal.observe(after);
      assertThat(wal.ended())
          .contains(
              new EndedWal(
                  before.active().iteration(), view.end(), after.active().metaBlockPointer()));
    }
  }

  @Test
  void look_withAMarkThatACrashLeftInTheMiddle_leavesItOut_alsoOnceItIsCutOff() throws Exception {
    DatabaseHeaders headers = someHeaders();
    long next = headers.active().metaBlockPointer().raw() + 5;
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), mark(next), commit("two"));
      WalView view = wal.observe(headers);
      assertThat(stream(wal, view)).isEqualTo(join(VERSION, commit("one"), commit("two")));
      assertThat(view.checkpointRunning()).isFalse();
    }
    Files.delete(files.wal());
    try (var wal = new IterationWal(files)) {
      append(files.wal(), VERSION, commit("one"), mark(next));
      WalView view = wal.observe(headers);
      wal.committed(view);
      truncate(files.wal(), view.end());
      append(files.wal(), commit("two"));
      WalView after = wal.observe(headers);
      assertThat(after.unchangedUpTo()).isGreaterThanOrEqualTo(view.end());
      assertThat(stream(wal, after)).isEqualTo(join(VERSION, commit("one"), commit("two")));
    }
  }

  @Test
  void look_atATornCommit_endsBeforeIt() throws Exception {
    DatabaseHeaders headers = someHeaders();
    byte[] two = commit("two");
    append(files.wal(), VERSION, commit("one"));
    long end = Files.size(files.wal());
    append(files.wal(), Arrays.copyOf(two, two.length - 3));
    try (var wal = new IterationWal(files)) {
      WalView view = wal.observe(headers);
      assertThat(view.end()).isEqualTo(end);
      append(files.wal(), Arrays.copyOfRange(two, two.length - 3, two.length));
      assertThat(wal.observe(headers).commits()).isEqualTo(2);
      assertThatThrownBy(() -> wal.read(view.iteration(), 0, new byte[4096], 0, 4096))
          .isInstanceOf(HeaderMovedException.class);
      assertThatThrownBy(() -> wal.read(view.iteration() + 1, 0, new byte[1], 0, 1))
          .isInstanceOf(HeaderMovedException.class);
    }
  }
}
