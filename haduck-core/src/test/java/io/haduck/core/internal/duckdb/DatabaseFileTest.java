package io.haduck.core.internal.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.haduck.core.UnsupportedDatabaseException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DatabaseFileTest {
  @TempDir Path directory;

  @Test
  void open_anyNameOfOneFile_isTheSameObject() throws Exception {
    Path path = Files.write(directory.resolve("file"), new byte[10]);
    Path symbolic = Files.createSymbolicLink(directory.resolve("symbolic"), path);
    Path hard = Files.createLink(directory.resolve("hard"), path);
    Path other = Files.write(directory.resolve("other"), new byte[10]);
    DatabaseFile file = DatabaseFiles.open(path);
    assertThat(DatabaseFiles.open(symbolic)).isSameAs(file);
    assertThat(DatabaseFiles.open(hard)).isSameAs(file);
    assertThat(file.path()).isEqualTo(path);
    assertThat(DatabaseFiles.open(other)).isNotSameAs(file);
    assertThat(file.fileKey()).isEqualTo(FileIdentity.of(symbolic));
    assertThat(file.inode()).isEqualTo(Files.getAttribute(path, "unix:ino"));
  }

  @Test
  void open_manyThreadsAtOnce_openOneChannel() throws Exception {
    Path path = Files.write(directory.resolve("file"), new byte[10]);
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<DatabaseFile>> files =
          pool.invokeAll(Collections.nCopies(64, () -> DatabaseFiles.open(path)));
      for (Future<DatabaseFile> file : files) {
        assertThat(file.get()).isSameAs(files.get(0).get());
      }
    } finally {
      pool.shutdown();
    }
    assertThat(DatabaseFiles.descriptorsInThisProcess(path).orElse(0)).isZero();
  }

  @Test
  void open_nothingOrADirectory_fails() {
    assertThatThrownBy(() -> DatabaseFiles.open(directory.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> DatabaseFiles.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a file");
  }

  @Test
  void open_onWindows_isRefusedAndSaysWhatWorks() {
    assertThatThrownBy(() -> DatabaseFiles.requireReadable("Windows Server 2025"))
        .isInstanceOf(UnsupportedDatabaseException.class)
        .hasMessageContaining("local-only mode works");
    DatabaseFiles.requireReadable("Linux");
    DatabaseFiles.requireReadable("Mac OS X");
  }

  @Test
  void read_anyRange_isThatOfTheFile() throws Exception {
    byte[] content = new byte[3_000_000];
    new Random(1).nextBytes(content);
    Path path = Files.write(directory.resolve("file"), content);
    DatabaseFile file = DatabaseFiles.open(path);
    assertThat(file.size()).isEqualTo(content.length);
    byte[] all = new byte[content.length + 20];
    file.read(0, all, 10, content.length);
    assertThat(Arrays.copyOfRange(all, 10, all.length - 10)).isEqualTo(content);
    byte[] part = new byte[1000];
    file.read(1_048_570, part, 0, 1000);
    assertThat(part).isEqualTo(Arrays.copyOfRange(content, 1_048_570, 1_049_570));
    file.read(content.length, part, 0, 0);
    assertThatThrownBy(() -> file.read(0, part, 999, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void read_overTheEnd_saysWhatWasThere() throws Exception {
    Path path = Files.write(directory.resolve("file"), new byte[] {1, 2, 3, 4});
    DatabaseFile file = DatabaseFiles.open(path);
    byte[] bytes = new byte[10];
    assertThat(file.readUpTo(1, bytes, 0, 10)).isEqualTo(3);
    assertThat(bytes).startsWith(2, 3, 4, 0);
    assertThat(file.readUpTo(4, bytes, 0, 10)).isZero();
    assertThat(file.readUpTo(400, bytes, 0, 10)).isZero();
    assertThatThrownBy(() -> file.read(1, bytes, 0, 10))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining("expected 10 bytes at position 1, found 3");
  }

  @Test
  void read_interruptedThread_readsAndStaysInterrupted() throws Exception {
    Path path = Files.write(directory.resolve("file"), new byte[] {1, 2, 3, 4});
    DatabaseFile file = DatabaseFiles.open(path);
    Thread.currentThread().interrupt();
    byte[] bytes = new byte[4];
    file.read(0, bytes, 0, 4);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(bytes).containsExactly(1, 2, 3, 4);
    Thread.currentThread().interrupt();
    assertThatThrownBy(file::readHeaders).isInstanceOf(DatabaseNotReadyException.class);
    assertThat(Thread.interrupted()).isTrue();
    file.read(0, bytes, 0, 4);
  }

  @Test
  void open_afterTheFileWasDeleted_closesItsChannel() throws Exception {
    Path path = Files.write(directory.resolve("deleted"), new byte[10]);
    DatabaseFile file = DatabaseFiles.open(path);
    FileIdentity identity = file.fileKey();
    assumeThat(ProcessDescriptors.on(identity)).isPresent();
    Files.delete(path);
    DatabaseFiles.open(Files.write(directory.resolve("next"), new byte[10]));
    assertThat(ProcessDescriptors.on(identity).orElseThrow().open()).isZero();
    assertThat(file.isAtPath()).isFalse();
    assertThatThrownBy(() -> file.readUpTo(0, new byte[1], 0, 1)).isInstanceOf(IOException.class);
  }

  @Test
  void open_afterTheFileWasReplacedWhileOthersReadIt_keepsItsChannel() throws Exception {
    Path path = Files.write(directory.resolve("replaced"), new byte[] {1});
    DatabaseFile old = DatabaseFiles.open(path);
    assumeThat(ProcessDescriptors.on(old.fileKey())).isPresent();
    try (FileChannel other = FileChannel.open(path)) {
      Path next = Files.write(directory.resolve("next"), new byte[] {2});
      Files.move(next, path, StandardCopyOption.REPLACE_EXISTING);
      DatabaseFile replaced = DatabaseFiles.open(path);
      assertThat(replaced).isNotSameAs(old);
      assertThat(firstByte(old)).isEqualTo((byte) 1);
      assertThat(firstByte(replaced)).isEqualTo((byte) 2);
      assertThat(other.size()).isEqualTo(1);
    }
    // now ours is the last descriptor
    DatabaseFiles.open(path);
    assertThatThrownBy(() -> firstByte(old)).isInstanceOf(IOException.class);
  }

  @Test
  void open_afterTheFileWasRenamed_keepsItsChannel() throws Exception {
    Path path = Files.write(directory.resolve("before"), new byte[] {1});
    DatabaseFile file = DatabaseFiles.open(path);
    Path renamed = Files.move(path, directory.resolve("after"));
    DatabaseFiles.open(Files.write(path, new byte[] {2}));
    assertThat(file.isAtPath()).isFalse();
    assertThat(firstByte(file)).isEqualTo((byte) 1);
    assertThat(DatabaseFiles.open(renamed)).isSameAs(file);
    assertThat(file.path()).isEqualTo(renamed);
  }

  @Test
  @Tag("compat")
  void descriptorsInThisProcess_tellsWhetherDuckDbHasItOpen() throws Exception {
    Path path = directory.resolve("my.db");
    assertThat(DatabaseFiles.descriptorsInThisProcess(path)).hasValue(0);
    try (DuckDatabase duck = DuckDatabase.open(path)) {
      assumeThat(DatabaseFiles.descriptorsInThisProcess(path)).isPresent();
      int open = DatabaseFiles.descriptorsInThisProcess(path).getAsInt();
      assertThat(open).isPositive();
      DatabaseFiles.open(path).readHeaders();
      assertThat(DatabaseFiles.descriptorsInThisProcess(path)).hasValue(open);
      assertThat(duck.number("SELECT 1")).isEqualTo(1);
    }
    assertThat(DatabaseFiles.descriptorsInThisProcess(path)).hasValue(0);
  }

  @Test
  void read_manyThreads_allGetTheirBytes() throws Exception {
    byte[] content = new byte[2_000_000];
    new Random(2).nextBytes(content);
    DatabaseFile file = DatabaseFiles.open(Files.write(directory.resolve("file"), content));
    ExecutorService pool = Executors.newFixedThreadPool(16);
    try {
      List<Callable<Boolean>> reads = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        int from = i * 4999 % 1_900_000;
        int length = 1 + i * 997 % 90_000;
        reads.add(
            () -> {
              byte[] bytes = new byte[length];
              file.read(from, bytes, 0, length);
              return Arrays.equals(bytes, Arrays.copyOfRange(content, from, from + length));
            });
      }
      for (Future<Boolean> read : pool.invokeAll(reads)) {
        assertThat(read.get()).isTrue();
      }
    } finally {
      pool.shutdown();
    }
  }

  private static byte firstByte(DatabaseFile file) throws IOException {
    byte[] bytes = new byte[1];
    file.read(0, bytes, 0, 1);
    return bytes[0];
  }
}
