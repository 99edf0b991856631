package io.haduck.core.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileWatcherTest {
  @TempDir Path directory;
  private final FileWatcher watcher = new FileWatcher();

  @Test
  void watch_tellsOfTheFileAndItsWal_notOfItsNeighbours() throws Exception {
    Path file = Files.writeString(directory.resolve("a.duckdb"), "1");
    var ofA = new AtomicInteger();
    var ofB = new AtomicInteger();
    try (var a = watcher.watch(file, ofA::incrementAndGet);
        var b = watcher.watch(directory.resolve("b.duckdb"), ofB::incrementAndGet)) {
      assertThat(a.receivesEvents() && b.receivesEvents()).isTrue();
      Files.writeString(directory.resolve("a.duckdb.haduck"), "ours");
      Files.writeString(file, "2", StandardOpenOption.APPEND);
      await().until(() -> ofA.get() > 0);
      int before = ofA.get();
      Files.writeString(directory.resolve("a.duckdb.wal"), "w");
      await().until(() -> ofA.get() > before);
      assertThat(ofB).hasValue(0);
    }
  }

  @Test
  void watch_afterTheLastWasClosed_worksAgain() throws Exception {
    Path file = directory.resolve("a.duckdb");
    watcher.watch(file, () -> {}).close();
    var told = new AtomicInteger();
    try (var again = watcher.watch(file, told::incrementAndGet)) {
      assertThat(again.receivesEvents()).isTrue();
      Files.writeString(file, "1");
      await().until(() -> told.get() > 0);
    }
  }

  @Test
  void watch_withAListenerThatFails_goesOn() throws Exception {
    Path file = directory.resolve("a.duckdb");
    var told = new AtomicInteger();
    try (var failing =
            watcher.watch(
                file,
                () -> {
                  throw new IllegalStateException("a listener that fails on purpose");
                });
        var other = watcher.watch(file, told::incrementAndGet)) {
      assertThat(failing.receivesEvents() && other.receivesEvents()).isTrue();
      Files.writeString(file, "1");
      await().until(() -> told.get() > 0);
      int before = told.get();
      Files.writeString(file, "2");
      await().until(() -> told.get() > before);
    }
  }

  @Test
  void watch_inADirectoryThatIsGone_saysThatThereAreNoEvents() throws Exception {
    Path gone = directory.resolve("gone").resolve("a.duckdb");
    try (var registration = watcher.watch(gone, () -> {})) {
      assertThat(registration.receivesEvents()).isFalse();
    }
  }
}
