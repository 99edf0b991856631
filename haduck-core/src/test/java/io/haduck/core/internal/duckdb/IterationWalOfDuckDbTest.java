package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

/** Reads the WALs that DuckDB writes. */
@Tag("compat")
final class IterationWalOfDuckDbTest extends ObservedWal {
  @Test
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
}
