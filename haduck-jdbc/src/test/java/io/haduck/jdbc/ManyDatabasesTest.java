package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.testing.internal.OtherProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** As many databases as there are tenants, one after the other: nothing of them stays behind. */
@Tag("compat")
@Timeout(300)
final class ManyDatabasesTest {
  private static final int WARM_UP = 10;
  private static final int DATABASES = 200;
  private static final int SPARE = 5;

  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Connection connect(int tenant, String linger) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + file(tenant)
            + ";haduck.linger="
            + linger
            + ";haduck.replica=file:"
            + directory.resolve("replica"));
  }

  private Path file(int tenant) {
    return directory.resolve("tenant" + tenant + ".duckdb");
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }

  @Test
  void databases_openedAndClosed_leaveNoDescriptorsAndNoThreads() throws Exception {
    assumeThat(Path.of("/proc/self/fd")).isDirectory();
    for (int tenant = 0; tenant < WARM_UP; tenant++) {
      openAndClose(tenant);
    }
    long descriptors = descriptors();
    int threads = Thread.activeCount();
    for (int tenant = WARM_UP; tenant < DATABASES; tenant++) {
      openAndClose(tenant);
      assertThat(DatabaseFiles.descriptorsInThisProcess(file(tenant)).orElse(0)).isZero();
    }
    assertThat(descriptors()).isLessThan(descriptors + SPARE);
    await().until(() -> Thread.activeCount() < threads + SPARE);
    assertThat(OtherProcess.canOpen(file(DATABASES - 1))).isTrue();
  }

  private void openAndClose(int tenant) throws SQLException {
    try (Connection connection = connect(tenant, "0s")) {
      run(connection, "CREATE TABLE t AS SELECT range AS i FROM range(100)");
    }
  }

  /** A restore reads the image that it makes, and the file that it replaces. */
  @Test
  void databases_restored_leaveNoDescriptors() throws Exception {
    assumeThat(Path.of("/proc/self/fd")).isDirectory();
    openAndClose(0);
    long descriptors = 0;
    for (int round = 0; round < 40; round++) {
      Files.delete(file(0));
      Files.deleteIfExists(directory.resolve("tenant0.duckdb.wal"));
      try (Connection connection = connect(0, "0s")) {
        assertThat(count(connection, "t")).isEqualTo(100);
      }
      descriptors = round == 5 ? descriptors() : descriptors;
    }
    assertThat(descriptors()).isLessThan(descriptors + SPARE);
  }

  /** Each thread opens, closes and reopens a few, also by plain DuckDB, as the next one does. */
  @Test
  void databases_openedAndClosedInTurnsByManyThreads_keepDuckDbsLock() throws Exception {
    long seed = Long.getLong("haduck.seed", System.nanoTime());
    System.out.println("ManyDatabasesTest seed " + seed);
    int tenants = 4;
    for (int tenant = 0; tenant < tenants; tenant++) {
      openAndClose(tenant);
    }
    ExecutorService pool = Executors.newFixedThreadPool(tenants);
    try {
      var work = new ArrayList<Future<Integer>>();
      for (int thread = 0; thread < tenants; thread++) {
        var random = new Random(seed + thread);
        work.add(pool.submit(() -> inTurns(tenants, random)));
      }
      int written = 0;
      for (Future<Integer> each : work) {
        written += each.get();
      }
      // What each of them says is kept out of all of them at the same time.
      List<Connection> open = new ArrayList<>();
      long found = 0;
      for (int tenant = 0; tenant < tenants; tenant++) {
        Connection connection = connect(tenant, "0s");
        open.add(connection);
        found += count(connection, "t") - 100;
      }
      for (int tenant = 0; tenant < tenants; tenant++) {
        assertThat(OtherProcess.canOpen(file(tenant))).as("tenant %d", tenant).isFalse();
      }
      for (Connection connection : open) {
        connection.close();
      }
      assertThat(found).isEqualTo(written);
    } finally {
      pool.shutdownNow();
    }
  }

  private int inTurns(int tenants, Random random) throws Exception {
    int written = 0;
    for (int round = 0; round < 30; round++) {
      int tenant = random.nextInt(tenants);
      boolean plain = random.nextInt(4) == 0;
      String url = "jdbc:duckdb:" + file(tenant);
      try (Connection connection =
          plain ? DriverManager.getConnection(url) : connect(tenant, "0s")) {
        run(connection, "INSERT INTO t VALUES (1)");
        written++;
        if (round % 10 == 3) {
          assertThat(OtherProcess.canOpen(file(tenant))).as("tenant %d", tenant).isFalse();
        }
      } catch (SQLException e) {
        // A plain connection writes, or closes, while haduck looks at what it is to open; and
        // DuckDB knows a path for a moment longer than it has the file open.
        String message = String.valueOf(e.getMessage());
        if (!message.contains("by somebody else") && !message.contains("is already attached")) {
          throw e;
        }
      }
    }
    return written;
  }
}
