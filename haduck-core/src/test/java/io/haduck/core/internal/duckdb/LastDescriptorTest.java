package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.haduck.testing.internal.OtherProcess;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * haduck's descriptor is closed only where DuckDB's lock survives it:
 * docs/internals/duckdb-files.md#the-lock-trap.
 */
@Tag("compat")
final class LastDescriptorTest {
  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void make() throws Exception {
    path = directory.resolve("my.db");
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      duck.execute("CREATE TABLE t AS SELECT 1 i", "CHECKPOINT");
    }
    assumeThat(ProcessDescriptors.on(FileIdentity.of(path))).isPresent();
  }

  private int descriptors() throws IOException {
    return ProcessDescriptors.on(FileIdentity.of(path)).orElseThrow().open();
  }

  @Test
  void letGo_whileDuckDbHasItOpen_keepsTheDescriptor_andDuckDbsLock() throws Exception {
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      int before = descriptors();
      DatabaseFile file = DatabaseFiles.open(path);
      DatabaseFiles.letGo(path);
      assertThat(descriptors()).isEqualTo(before + 1);
      assertThat(OtherProcess.canOpen(path)).isFalse();
      assertThat(DatabaseFiles.open(path)).isSameAs(file);
      DatabaseFiles.letGo(path);
      assertThat(duck.number("SELECT i FROM t")).isEqualTo(1);
    }
    DatabaseFiles.letGo(path);
    assertThat(descriptors()).isZero();
  }

  @Test
  void letGo_ofTheLastReader_closesIt_andItCanBeOpenedAnew() throws Exception {
    DatabaseFile file = DatabaseFiles.open(path);
    file.readHeaders();
    DatabaseFiles.letGo(path);
    assertThat(descriptors()).isZero();
    assertThatThrownBy(file::readHeaders).isInstanceOf(IOException.class);
    DatabaseFile again = DatabaseFiles.open(path);
    assertThat(again.readHeaders().active().iteration()).isPositive();
    DatabaseFiles.letGo(path);
  }

  @Test
  void letGo_afterItWasRenamed_closesIt() throws Exception {
    DatabaseFiles.open(path);
    Files.move(path, directory.resolve("renamed.db"));
    DatabaseFiles.letGo(path);
    path = directory.resolve("renamed.db");
    assertThat(descriptors()).isZero();
  }

  /** Each name may have a reader, such as a replication that lingers and a restore. */
  @Test
  void letGo_byAnotherName_keepsItForWhoReadsItByTheFirst() throws Exception {
    DatabaseFile file = DatabaseFiles.open(path);
    Path link = Files.createLink(directory.resolve("link.db"), path);
    DatabaseFiles.letGo(link);
    assertThat(file.readHeaders().active().iteration()).isPositive();
    assertThat(DatabaseFiles.open(link)).isSameAs(file);
    assertThat(file.path()).isEqualTo(path);
    DatabaseFiles.letGo(link);
    assertThat(file.readHeaders().active().iteration()).isPositive();
    DatabaseFiles.open(link);
    DatabaseFiles.letGo(path);
    assertThat(file.path()).isEqualTo(link);
    assertThat(file.readHeaders().active().iteration()).isPositive();
    DatabaseFiles.letGo(link);
    assertThat(descriptors()).isZero();
  }

  @Test
  void lend_leavesNoDescriptor_andTakesNobodysAway() throws Exception {
    byte[] bytes = new byte[4];
    try (LentFile lent = LentFile.ofDatabase(path)) {
      assertThat(lent.readUpTo(8, bytes, 0, 4)).isEqualTo(4);
      assertThat(bytes).asString().isEqualTo("DUCK");
    }
    assertThat(descriptors()).isZero();
    DatabaseFile file = DatabaseFiles.open(path);
    LentFile.ofDatabase(path).close();
    file.readHeaders();
    DatabaseFiles.letGo(path);
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      LentFile.ofDatabase(path).close();
      assertThat(OtherProcess.canOpen(path)).isFalse();
      assertThat(duck.number("SELECT i FROM t")).isEqualTo(1);
    }
    try (LentFile other = LentFile.ofDatabase(path)) {
      DatabaseFiles.letGo(path);
      assertThat(other.size()).isEqualTo(Files.size(path));
    }
    assertThat(descriptors()).isZero();
  }

  @Test
  void lend_ofAWal_readsItToItsEnd_andLeavesNoDescriptor() throws Exception {
    Path wal = Files.writeString(directory.resolve("my.db.wal"), "commits");
    byte[] bytes = new byte[9];
    try (LentFile lent = LentFile.ofWal(wal)) {
      assertThat(lent.size()).isEqualTo(7);
      assertThat(lent.readUpTo(1, bytes, 2, 7)).isEqualTo(6);
      assertThat(bytes).asString().isEqualTo("\0\0ommits\0");
      assertThat(lent.readUpTo(7, bytes, 0, 1)).isZero();
    }
    assertThat(ProcessDescriptors.on(FileIdentity.of(wal)).orElseThrow().open()).isZero();
  }

  @Test
  void letGo_whileALockIsHeldOnIt_keepsBoth() throws Exception {
    DatabaseFiles.open(path);
    try (DatabaseFileLock lock = DatabaseFileLock.acquire(path)) {
      DatabaseFiles.letGo(path);
      assertThat(OtherProcess.canOpen(path)).isFalse();
      assertThat(lock.path()).isEqualTo(path);
    }
    DatabaseFiles.letGo(path);
    assertThat(descriptors()).isZero();
  }

  /** What no look can rule out: DuckDB opens the file just before it is closed. */
  @Test
  void close_duckDbOpensItBetweenTheLookAndTheClose_itsLockIsTakenAgain() throws Exception {
    var duck = new AtomicReference<@Nullable DuckDatabase>();
    AsynchronousFileChannel kept =
        closing(
            () -> {
              if (duck.get() == null) {
                duck.set(opened());
              }
            });
    assertThat(kept).isNotNull();
    DuckDatabase open = Objects.requireNonNull(duck.get());
    assertThat(OtherProcess.canOpen(path)).isFalse();
    open.execute("INSERT INTO t VALUES (2)", "CHECKPOINT");
    assertThat(OtherProcess.canOpen(path)).isFalse();
    open.close(); // and with it the kernel drops the lock that was taken again
    assertThat(OtherProcess.canOpen(path)).isTrue();
    assertThat(new LastDescriptor(identity(), path, channels(), () -> {}).close(kept)).isNull();
    assertThat(descriptors()).isZero();
  }

  @Test
  void close_duckDbOpensItForReadingMeanwhile_otherReadersStayWelcome() throws Exception {
    var duck = new AtomicReference<@Nullable Connection>();
    AsynchronousFileChannel kept =
        closing(
            () -> {
              if (duck.get() == null) {
                duck.set(
                    unchecked(
                        () ->
                            DriverManager.getConnection(
                                "jdbc:duckdb:" + path + ";access_mode=READ_ONLY")));
              }
            });
    assertThat(kept).isNotNull();
    assertThat(OtherProcess.canOpen(path)).isFalse();
    PosixLocks locks = PosixLocks.ofThisProcess();
    assertThat(locks.find(identity())).isPresent();
    Objects.requireNonNull(duck.get()).close();
    Objects.requireNonNull(kept).close();
  }

  @Test
  void close_somebodyElseReadsItMeanwhile_isTriedAgain() throws Exception {
    var reader = new AtomicReference<@Nullable FileChannel>();
    AsynchronousFileChannel kept =
        closing(
            () -> {
              if (reader.get() == null) {
                reader.set(unchecked(() -> FileChannel.open(path)));
              }
            });
    assertThat(kept).isNotNull();
    Objects.requireNonNull(reader.get()).close();
    assertThat(new LastDescriptor(identity(), path, channels(), () -> {}).close(kept)).isNull();
    assertThat(descriptors()).isZero();
    assertThat(OtherProcess.canOpen(path)).isTrue();
  }

  @Test
  void close_duckDbOpensAndClosesItMeanwhile_leavesNothing() throws Exception {
    assertThat(
            closing(
                () ->
                    unchecked(
                        () -> {
                          opened().close();
                          return true;
                        })))
        .isNull();
    assertThat(descriptors()).isZero();
    assertThat(OtherProcess.canOpen(path)).isTrue();
  }

  private @Nullable AsynchronousFileChannel closing(Runnable beforeClosing) throws Exception {
    return new LastDescriptor(identity(), path, channels(), beforeClosing)
        .close(channel(path, false));
  }

  private FileIdentity identity() throws IOException {
    return FileIdentity.of(path);
  }

  private LastDescriptor.Channels channels() {
    return new LastDescriptor.Channels() {
      @Override
      public AsynchronousFileChannel open(Path file, boolean writable) throws IOException {
        return channel(file, writable);
      }

      @Override
      public void keep(AsynchronousFileChannel channel) {
        throw new AssertionError("nobody replaces the file here");
      }
    };
  }

  private AsynchronousFileChannel channel(Path file, boolean writable) throws IOException {
    return writable
        ? AsynchronousFileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)
        : AsynchronousFileChannel.open(file, StandardOpenOption.READ);
  }

  private DuckDatabase opened() {
    return unchecked(() -> DuckDatabase.open(path));
  }

  private static <T> T unchecked(java.util.concurrent.Callable<T> call) {
    try {
      return call.call();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
