package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.haduck.testing.internal.OtherProcess;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * DuckDB's lock survives everything that haduck does: docs/internals/duckdb-files.md#the-lock-trap.
 */
@Tag("compat")
final class LockTrapTest {
  private static final int READING_THREADS = 6;
  private static final int INTERRUPTS = 20_000;

  @TempDir Path directory;

  @Test
  void duckDb_keepsItsLock_throughAStormOfInterrupts() throws Exception {
    Path path = directory.resolve("my.db");
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      duck.execute("CREATE TABLE t AS SELECT range i FROM range(200000)", "CHECKPOINT");
      assertThat(OtherProcess.canOpen(path)).isFalse();
      AtomicBoolean stop = new AtomicBoolean();
      AtomicReference<Throwable> failure = new AtomicReference<>();
      AtomicLong reads = new AtomicLong();
      CountDownLatch reading = new CountDownLatch(READING_THREADS);
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < READING_THREADS; i++) {
        Thread reader = new Thread(() -> readUntil(stop, path, reading, reads, failure));
        readers.add(reader);
        reader.start();
      }
      reading.await();
      for (int i = 0; i < INTERRUPTS || reads.get() < INTERRUPTS / 10; i++) {
        readers.get(i % READING_THREADS).interrupt();
        if (i % (INTERRUPTS / 5) == 0) {
          duck.execute("INSERT INTO t VALUES (1)", "CHECKPOINT");
        }
        if (failure.get() != null) {
          break;
        }
      }
      assertThat(OtherProcess.canOpen(path)).isFalse();
      stop.set(true);
      for (Thread reader : readers) {
        reader.join();
      }
      assertThat(failure).hasNullValue();
      assertThat(OtherProcess.canOpen(path)).isFalse();
    }
    // our channel alone keeps nobody out
    assertThat(DatabaseFiles.open(path).readHeaders().active().iteration()).isPositive();
    assertThat(OtherProcess.canOpen(path)).isTrue();
  }

  private static void readUntil(
      AtomicBoolean stop,
      Path path,
      CountDownLatch reading,
      AtomicLong reads,
      AtomicReference<Throwable> failure) {
    try {
      while (!stop.get()) {
        DatabaseFile file = DatabaseFiles.open(path);
        DatabaseHeaders headers = file.readHeaders();
        try {
          FreeList.read(file, headers);
        } catch (HeaderMovedException lookAgain) {
          continue;
        } finally {
          reads.incrementAndGet();
          reading.countDown();
        }
        // the flag stays set from the first interrupt on, unless it is taken now and then
        if (reads.get() % 3 == 0) {
          Thread.interrupted();
        }
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
      reading.countDown();
    }
  }

  /**
   * The control: without it, the tests here could pass because nothing would ever let a process in.
   */
  @Test
  void trap_isReal_closingAnyDescriptorLetsAnotherProcessIn() throws Exception {
    Path path = closedDatabase();
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      assertThat(OtherProcess.canOpen(path)).isFalse();
      FileChannel.open(path).close();
      assertThat(OtherProcess.canOpen(path)).isTrue();
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
  }

  @Test
  void acquire_whileDuckDbHasItOpenHere_isRefusedAndItsLockStays() throws Exception {
    Path path = directory.resolve("my.db");
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      assumeThat(DatabaseFiles.descriptorsInThisProcess(path)).isPresent();
      DatabaseFiles.open(path).readHeaders();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> DatabaseFileLock.acquire(path))
            .isInstanceOf(DatabaseInUseException.class)
            .hasMessageContaining(path.toString())
            .hasMessageContaining("this process");
      }
      assertThat(OtherProcess.canOpen(path)).isFalse();
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
    DatabaseFileLock.acquire(path).close();
  }

  @Test
  void acquire_whileAnotherProcessHasItOpen_isRefused() throws Exception {
    Path path = closedDatabase();
    try (OtherProcess other = OtherProcess.opening(path)) {
      assertThat(other.hasOpened()).isTrue();
      assertThatThrownBy(() -> DatabaseFileLock.acquire(path))
          .isInstanceOf(DatabaseInUseException.class)
          .hasMessageContaining("another process");
    }
    DatabaseFileLock.acquire(path).close();
  }

  @Test
  void lock_keepsOtherProcessesOut_untilItIsClosed() throws Exception {
    Path path = closedDatabase();
    DatabaseFile file = DatabaseFiles.open(path);
    // an interrupted thread gets and keeps the lock like any other
    Thread.currentThread().interrupt();
    try (DatabaseFileLock lock = DatabaseFileLock.acquire(path)) {
      assertThat(Thread.interrupted()).isTrue();
      assertThat(lock.fileKey()).isEqualTo(file.fileKey());
      assertThat(OtherProcess.canOpen(path)).isFalse();
      file.readHeaders();
      assertThat(DatabaseFiles.descriptorsInThisProcess(path).orElse(0)).isZero();
      assertThatThrownBy(() -> DatabaseFileLock.acquire(path))
          .isInstanceOf(DatabaseInUseException.class)
          .hasMessageContaining("replacing this file already");
      assertThat(OtherProcess.canOpen(path)).isFalse();
    }
    assertThat(OtherProcess.canOpen(path)).isTrue();
    file.readHeaders();
  }

  @Test
  void lock_onAFileThatIsReplaced_givesWayToTheNewOne() throws Exception {
    Path path = closedDatabase();
    DatabaseFile old = DatabaseFiles.open(path);
    Path next = directory.resolve("next.db");
    try (DuckDatabase duck = DuckDatabase.open(next)) {
      duck.execute("CREATE TABLE t AS SELECT 42 i", "CHECKPOINT");
    }
    try (DatabaseFileLock lock = DatabaseFileLock.acquire(path)) {
      Files.move(next, path, StandardCopyOption.REPLACE_EXISTING);
      assertThat(lock.path()).isEqualTo(path);
    }
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      assertThat(duck.number("SELECT i FROM t")).isEqualTo(42);
      assertThat(DatabaseFiles.open(path)).isNotSameAs(old);
      assertThat(OtherProcess.canOpen(path)).isFalse();
    }
  }

  @Test
  void acquire_noFile_saysSo() {
    assertThatThrownBy(() -> DatabaseFileLock.acquire(directory.resolve("missing.db")))
        .isInstanceOf(NoSuchFileException.class);
  }

  private Path closedDatabase() throws Exception {
    Path path = directory.resolve("closed.db");
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      duck.execute("CREATE TABLE t AS SELECT 1 i", "CHECKPOINT");
    }
    return path;
  }
}
