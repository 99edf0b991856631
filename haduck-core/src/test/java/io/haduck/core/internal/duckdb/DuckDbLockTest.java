package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.haduck.testing.internal.OtherProcess;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether DuckDB's lock is noticed to be gone, and only then. */
@Tag("compat")
final class DuckDbLockTest {
  private static final FileIdentity FILE = new FileIdentity(0xfe00, 4711);

  @TempDir Path directory;

  private static PosixLocks locks(String... lines) {
    return PosixLocks.parse(List.of(lines), 42);
  }

  @Test
  void find_readsWhatTheKernelTells() {
    String ours = "3: POSIX  ADVISORY  WRITE 42 fe:00:4711 0 EOF";
    assertThat(locks(ours).find(FILE)).contains("fe:00:4711");
    assertThat(locks("1: FLOCK  ADVISORY  WRITE 42 fe:00:4711 0 EOF").find(FILE)).isEmpty();
    assertThat(locks("1: OFDLCK ADVISORY  READ -1 fe:00:4711 0 EOF").find(FILE)).isEmpty();
    assertThat(locks("3: POSIX  ADVISORY  WRITE 43 fe:00:4711 0 EOF").find(FILE)).isEmpty();
    assertThat(locks("3: -> POSIX  ADVISORY  WRITE 42 fe:00:4711 0 EOF").find(FILE)).isEmpty();
    assertThat(locks("3: POSIX  ADVISORY  WRITE 42 fe:00:14711 0 EOF").find(FILE)).isEmpty();
    assertThat(locks("", "odd", "3: POSIX  ADVISORY").find(FILE)).isEmpty();
    // btrfs and overlayfs: stat gives another device than the kernel uses here
    String elsewhere = "3: POSIX  ADVISORY  WRITE 42 00:31:4711 0 EOF";
    assertThat(locks(elsewhere).find(FILE)).contains("00:31:4711");
    assertThat(locks(elsewhere, ours).find(FILE)).contains("fe:00:4711");
    assertThat(locks(elsewhere).has("fe:00:4711")).isFalse();
    // a large device number, as stat packs it
    assertThat(
            locks("3: POSIX  ADVISORY  WRITE 42 103:12345:4711 0 EOF")
                .find(new FileIdentity(((0x12345L & ~0xffL) << 12) | (0x103L << 8) | 0x45, 4711)))
        .contains("103:12345:4711");
  }

  @Test
  void look_afterAnyDescriptorWasClosed_missesIt_untilItIsThereAgain() throws Exception {
    Path path = directory.resolve("my.db");
    var lock = new DuckDbLock(path);
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      lock.opened();
      assumeThat(PosixLocks.ofThisProcess().find(FileIdentity.of(path))).isPresent();
      lock.look(PosixLocks.ofThisProcess());
      assertThat(lock.isLost()).isFalse();
      FileChannel.open(path).close();
      assertThat(OtherProcess.canOpen(path)).isTrue();
      lock.look(PosixLocks.ofThisProcess());
      assertThat(lock.isLost()).isTrue();
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
    lock.closed();
    assertThat(lock.isLost()).isFalse();
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      lock.opened();
      lock.look(PosixLocks.ofThisProcess());
      assertThat(lock.isLost()).isFalse();
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
  }

  @Test
  void look_whereDuckDbHasClosedTheFile_saysNothing() throws Exception {
    Path path = directory.resolve("my.db");
    var lock = new DuckDbLock(path);
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      lock.opened();
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
    lock.look(PosixLocks.ofThisProcess()); // not told yet that it is closed
    assertThat(lock.isLost()).isFalse();
  }

  /** As in a container that is not told of its locks, or on another system. */
  @Test
  void look_whereTheLockWasNeverSeen_saysNothing() throws Exception {
    Path path = directory.resolve("my.db");
    var lock = new DuckDbLock(path, () -> locks());
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      lock.opened();
      FileChannel.open(path).close();
      lock.look(locks());
      assertThat(lock.isLost()).isFalse();
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
  }
}
