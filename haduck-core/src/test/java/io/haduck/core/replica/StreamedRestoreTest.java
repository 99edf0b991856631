package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import io.haduck.testing.internal.ChildJvm;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database is written while it is fetched, by several threads, into a file with holes. */
class StreamedRestoreTest {
  private static final int BLOCK = 256 << 10;
  private static final long BREAKS = 8;

  /** Bytes between two blocks in a range at most. */
  private static final long GAP = 64 << 10;

  private static final String BIG =
      " AS SELECT hash(range) AS a, hash(range + 1e10) AS b FROM range(2000000)"; // 32 MB

  @TempDir Path directory;

  private String replicated;
  private Path target;

  @BeforeEach
  void makeAReplica() throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    try (var database = ReplicatedDatabase.open(source, replica())) {
      database.execute("CREATE TABLE gone" + BIG, "CREATE TABLE kept" + BIG);
      database.checkpoint();
      database.execute("DROP TABLE gone");
      database.checkpoint();
      database.execute("INSERT INTO kept VALUES (1, 2)");
      database.awaitPosition();
      replicated = database.contents();
    }
    target = Files.createDirectory(directory.resolve("target")).resolve("my.duckdb");
  }

  private Path replica() {
    return directory.resolve("replica");
  }

  @Test
  void restore_aDatabaseWithFreeBlocks_leavesHolesInTheirPlace() throws Exception {
    RestoreResult result = restore(new FileObjectStore(replica()));
    long allocated = allocated(target);
    assertThat(contentsOf(target)).isEqualTo(replicated);
    long free = result.fileSize() / BLOCK - result.blocks();
    assertThat(free).isGreaterThan(50);
    // One block at the end of the file holds its length; the rest is for the file system's own.
    assertThat(allocated)
        .isBetween(result.blocks() * (long) BLOCK / 2, (result.blocks() + 4L) * BLOCK);
  }

  private static long allocated(Path file) throws IOException {
    Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    String said = new String(stat.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assumeThat(said).as("stat as Linux has it").matches("[0-9]+");
    return Long.parseLong(said) * 512;
  }

  @Test
  void restore_whileAnswersBreakOff_fetchesLittleTwice() throws Exception {
    long all = restore(new FileObjectStore(replica())).bytesFetched();
    clear();
    try (var store = new FaultInjectingStore(new FileObjectStore(replica()), 11)) {
      for (int i = 0; i < BREAKS; i++) {
        store.failNext((operation, key) -> readsBlocks(operation, key), Fault.SHORT_READ);
      }
      RestoreResult result = restore(store);
      assertThat(contentsOf(target)).isEqualTo(replicated);
      assertThat(store.faults(Fault.SHORT_READ)).isEqualTo(BREAKS);
      // What was fetched counts in whole blocks, so what was cut in two is not in it twice.
      assertThat(result.bytesFetched()).isBetween(all - BREAKS * GAP, all);
    }
  }

  @Test
  void restore_ofADamagedObject_leavesNothing() throws Exception {
    Path segment;
    try (Stream<Path> files = Files.walk(replica().resolve("segment"))) {
      segment = files.filter(Files::isRegularFile).max(Comparator.naturalOrder()).orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length / 2] ^= 1;
    Files.write(segment, bytes);
    assertThatThrownBy(() -> restore(new FileObjectStore(replica())))
        .isInstanceOf(HaduckException.class)
        .hasMessageContaining(segment.getFileName().toString());
    assertNothingLeft();
  }

  @Test
  void restore_interruptedInTheMiddle_leavesNothingOrAll() throws Exception {
    Thread restoring = Thread.currentThread();
    var reads = new AtomicInteger();
    try (var store = new FaultInjectingStore(new FileObjectStore(replica()), 1)) {
      store.beforeCall(
          (operation, key) -> {
            if (readsBlocks(operation, key) && reads.incrementAndGet() == 1) {
              restoring.interrupt();
            }
          });
      assertThatThrownBy(() -> restore(store)).isInstanceOf(LocalFileException.class);
    }
    assertThat(Thread.interrupted()).isTrue();
    assertNothingLeft();
    restore(new FileObjectStore(replica()));
    assertThat(contentsOf(target)).isEqualTo(replicated);
  }

  @Test
  void restore_inALittleHeap_worksHoweverLargeTheDatabaseIs() throws Exception {
    try (var child =
        ChildJvm.start("-Xmx24m", Restoring.class, replica().toString(), target.toString())) {
      assertThat(child.join()).contains("RESTORED");
    }
    assertThat(contentsOf(target)).isEqualTo(replicated);
  }

  private static boolean readsBlocks(Operation operation, String key) {
    return operation == Operation.GET_RANGE && key.startsWith("segment/");
  }

  /** In a process of its own. */
  static final class Restoring {
    public static void main(String[] arguments) {
      try (var store = new FileObjectStore(Path.of(arguments[0]))) {
        Restorer.create().restore(RestoreRequest.latest(store, Path.of(arguments[1])));
        System.out.println("RESTORED");
      }
    }
  }

  private RestoreResult restore(ObjectStore store) {
    return Restorer.create().restore(RestoreRequest.latest(store, target));
  }

  private void clear() throws IOException {
    for (String name : names()) {
      Files.delete(target.resolveSibling(name));
    }
  }

  private void assertNothingLeft() throws IOException {
    assertThat(names()).isSubsetOf("my.duckdb.haduck-lock");
    Path descriptors = Path.of("/proc/self/fd");
    if (Files.isDirectory(descriptors)) {
      try (Stream<Path> open = Files.list(descriptors)) {
        assertThat(open.map(StreamedRestoreTest::linked))
            .noneMatch(name -> name.contains("haduck-restore-"));
      }
    }
    // A thread that a pool counts as ended may be listed for a moment yet.
    await()
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("haduck-restore")));
  }

  private static String linked(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(target.getParent())) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static String contentsOf(Path file) throws Exception {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      return ReplicatedDatabase.contentsOf(plain);
    }
  }
}
