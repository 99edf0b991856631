package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.HaduckException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.FileObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A restore that ends in the middle of its work leaves what was there, or all of the new. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class RestoreKilledTest {
  @TempDir Path directory;
  private String old;
  private String replicated;

  @BeforeEach
  void makeAReplica() throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    try (var database = ReplicatedDatabase.open(source, replica())) {
      for (int part = 0; part < 6; part++) {
        database.execute(
            "CREATE TABLE t"
                + part
                + " AS SELECT range AS a, sha256((range + "
                + part
                + ")::VARCHAR) AS b FROM range(40000)");
        database.checkpoint();
      }
      replicated = database.contents();
    }
  }

  private Path replica() {
    return directory.resolve("replica");
  }

  /** Another database, with commits in its WAL. */
  private void makeAnOldDatabase(Path file) throws Exception {
    Files.createDirectories(file.getParent());
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file);
        var statement = plain.createStatement()) {
      statement.execute("CREATE TABLE old AS SELECT range AS a FROM range(50000)");
      old = ReplicatedDatabase.contentsOf(plain);
    }
  }

  @Test
  void restore_failingAtEachStoreCall_leavesNothing() throws Exception {
    boolean failed = true;
    for (int calls = 0; failed; calls++) {
      Path file = Files.createDirectory(directory.resolve("at-" + calls)).resolve("my.duckdb");
      failed = failsAfter(calls, file, false);
      if (failed) {
        assertThat(file).doesNotExist();
        assertThat(namesBeside(file)).isSubsetOf("my.duckdb.haduck-lock");
      } else {
        assertThat(contentsOf(file)).isEqualTo(replicated);
      }
    }
  }

  @Test
  void overwritingRestore_failingAtEachStoreCall_leavesTheOldDatabase() throws Exception {
    Path file = directory.resolve("target").resolve("my.duckdb");
    makeAnOldDatabase(file);
    boolean failed = true;
    for (int calls = 0; failed; calls++) {
      failed = failsAfter(calls, file, true);
      assertThat(contentsOf(file)).isEqualTo(failed ? old : replicated);
      assertThat(leftovers(file)).isEmpty();
    }
  }

  private boolean failsAfter(int calls, Path file, boolean overwrite) {
    var left = new AtomicInteger(calls);
    try (var store = new FaultInjectingStore(new FileObjectStore(replica()), 1)) {
      store.beforeCall(
          (operation, key) -> {
            if (left.decrementAndGet() < 0) {
              throw new StoreAccessException("stopped before " + operation + " of " + key);
            }
          });
      RestoreRequest request = RestoreRequest.latest(store, file);
      Restorer.create().restore(overwrite ? request.overwriting() : request);
      return false;
    } catch (HaduckException e) {
      assertThat(e).hasMessageContaining("stopped before");
      return true;
    }
  }

  @Test
  void restore_killedAtRandomMoments_leavesNothingOrAll() throws Exception {
    int kills = Integer.getInteger("haduck.kills", 5);
    var random = seeded();
    Path file = Files.createDirectory(directory.resolve("target")).resolve("my.duckdb");
    int whole = 0;
    for (int kill = 0; kill < kills; kill++) {
      killARestore(file, "create", random);
      if (Files.exists(file)) {
        whole++;
        assertThat(contentsOf(file)).isEqualTo(replicated);
        for (String name : namesBeside(file)) {
          Files.delete(file.resolveSibling(name));
        }
      }
    }
    System.out.println(whole + " of " + kills + " restores had put their file in place");
    if (!Files.exists(file)) {
      restore(file, false);
    }
    assertThat(contentsOf(file)).isEqualTo(replicated);
    assertThat(leftovers(file)).isEmpty();
  }

  @Test
  void overwritingRestore_killedAtRandomMoments_leavesTheOldOrTheNew() throws Exception {
    int kills = Integer.getInteger("haduck.kills", 5);
    var random = seeded();
    Path file = directory.resolve("target").resolve("my.duckdb");
    makeAnOldDatabase(file);
    for (int kill = 0; kill < kills; kill++) {
      killARestore(file, "overwrite", random);
      assertThat(contentsOf(file)).isIn(old, replicated);
    }
    restore(file, true);
    assertThat(contentsOf(file)).isEqualTo(replicated);
    assertThat(leftovers(file)).isEmpty();
  }

  @Test
  void opening_afterARestoreThatWasKilledBeforeTheFileWasInPlace_restoresAgain() throws Exception {
    Path target = Files.createDirectory(directory.resolve("target"));
    try (var database = ReplicatedDatabase.open(target, replica())) {
      database.stop();
      // As a kill between the record and the link leaves it.
      Files.delete(database.file());
      Files.createFile(database.file("my.duckdb.haduck-restore-killed"));
      database.open();
      assertThat(database.contents()).isEqualTo(replicated);
      assertThat(leftovers(database.file())).isEmpty();
    }
  }

  private static Random seeded() {
    long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff);
    System.out.println("kills with -Dhaduck.seed=" + seed);
    return new Random(seed);
  }

  private void killARestore(Path file, String mode, Random random) throws IOException {
    try (var child =
        ChildJvm.start("-Xmx256m", Restoring.class, replica().toString(), file.toString(), mode)) {
      child.awaitLine("BEGIN");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1200)));
      child.kill();
    }
  }

  /** Restores, slowly. */
  static final class Restoring {
    public static void main(String[] arguments) {
      var store = new FaultInjectingStore(new FileObjectStore(Path.of(arguments[0])), 1);
      store.rate(Fault.DELAY, 1).maxDelay(Duration.ofMillis(30));
      RestoreRequest request = RestoreRequest.latest(store, Path.of(arguments[1]));
      System.out.println("BEGIN");
      Restorer.create().restore(arguments[2].equals("create") ? request : request.overwriting());
    }
  }

  private void restore(Path file, boolean overwrite) {
    try (var store = new FileObjectStore(replica())) {
      RestoreRequest request = RestoreRequest.latest(store, file);
      Restorer.create().restore(overwrite ? request.overwriting() : request);
    }
  }

  private static String contentsOf(Path file) throws Exception {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      return ReplicatedDatabase.contentsOf(plain);
    }
  }

  private static List<String> leftovers(Path file) throws IOException {
    return namesBeside(file).stream().filter(name -> name.contains("restore")).toList();
  }

  private static List<String> namesBeside(Path file) throws IOException {
    try (var files = Files.list(file.getParent())) {
      return files
          .map(beside -> beside.getFileName().toString())
          .filter(name -> name.startsWith("my.duckdb"))
          .toList();
    }
  }
}
