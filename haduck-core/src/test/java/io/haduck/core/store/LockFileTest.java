package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.UnavailableException;
import io.haduck.testing.internal.OtherLoader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One holder among all processes and all class loaders, whatever the others do meanwhile. */
final class LockFileTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("f.duckdb.haduck-lock");
  }

  /** What another copy of haduck does, with texts as arguments and results. */
  public static final class Copy {
    private static final Map<String, LockFile> TAKEN = new HashMap<>();

    private Copy() {}

    public static String take(String path) throws IOException {
      LockFile.Attempt attempt = LockFile.tryTake(Path.of(path));
      LockFile taken = attempt.taken();
      if (taken != null) {
        TAKEN.put(path, taken);
      }
      return taken != null ? "taken" : attempt.holder();
    }

    public static void release(String path) throws IOException {
      Objects.requireNonNull(TAKEN.remove(path)).close();
    }

    /** Waits as a file store does, for ten seconds that pass at once. */
    public static String waitInVain(String path) throws IOException {
      var now = new AtomicLong();
      return FileLocks.holding(
          Path.of(path), () -> now.getAndAdd(Duration.ofSeconds(4).toNanos()), () -> "had it");
    }
  }

  /** Another process that says what it gets. */
  static final class Rival {
    private Rival() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println(Copy.take(arguments[0]));
    }
  }

  private String inAnotherProcess() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                Rival.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  @Test
  void tryTake_whileTheSameLoaderHolds_isRefusedAndKeepsTheLock() throws Exception {
    try (LockFile held = LockFile.tryTake(file).taken()) {
      assertThat(held).isNotNull();
      LockFile.Attempt second = LockFile.tryTake(file);
      assertThat(second.taken()).isNull();
      assertThat(second.holder()).isEqualTo("this process (" + ProcessHandle.current().pid() + ")");
      assertThat(inAnotherProcess()).isEqualTo("another process");
    }
    assertThat(inAnotherProcess()).isEqualTo("taken");
  }

  @Test
  void tryTake_whileAnotherLoaderHolds_isRefusedAndKeepsTheLock() throws Exception {
    try (OtherLoader other = new OtherLoader()) {
      assertThat(other.call(Copy.class, "take", file.toString())).isEqualTo("taken");
      for (int i = 0; i < 3; i++) {
        LockFile.Attempt second = LockFile.tryTake(file);
        assertThat(second.taken()).isNull();
        assertThat(second.holder())
            .contains("this process (" + ProcessHandle.current().pid() + ")")
            .contains("another class loader")
            .contains("'the other application'");
      }
      assertThat(inAnotherProcess()).isEqualTo("another process");
      other.call(Copy.class, "release", file.toString());
      try (LockFile held = LockFile.tryTake(file).taken()) {
        assertThat(held).isNotNull();
        assertThat((String) other.call(Copy.class, "take", file.toString()))
            .contains("another class loader");
        assertThat(inAnotherProcess()).isEqualTo("another process");
      }
      assertThat(inAnotherProcess()).isEqualTo("taken");
    }
  }

  @Test
  void tryTake_throughAHardLink_isTheSameLock() throws Exception {
    Path link = directory.resolve("link");
    try (LockFile held = LockFile.tryTake(file).taken();
        OtherLoader other = new OtherLoader()) {
      assertThat(held).isNotNull();
      Files.createLink(link, file);
      assertThat(LockFile.tryTake(link).taken()).isNull();
      assertThat((String) other.call(Copy.class, "take", link.toString()))
          .contains("another class loader");
      assertThat(inAnotherProcess()).isEqualTo("another process");
    }
  }

  @Test
  void tryTake_withTheSystemPropertiesReplaced_isRefusedAndKeepsTheLock() throws Exception {
    Properties before = System.getProperties();
    try (LockFile held = LockFile.tryTake(file).taken();
        OtherLoader other = new OtherLoader()) {
      assertThat(held).isNotNull();
      var others = new Properties();
      before.stringPropertyNames().stream()
          .filter(key -> !key.startsWith("io.haduck."))
          .forEach(key -> others.setProperty(key, before.getProperty(key)));
      System.setProperties(others);
      assertThat((String) other.call(Copy.class, "take", file.toString()))
          .contains("another class loader");
      assertThat(inAnotherProcess()).isEqualTo("another process");
    } finally {
      System.setProperties(before);
    }
  }

  @Test
  void systemProperties_canBeStoredWhileALockIsHeld_andHoldNothingAfterwards() throws Exception {
    try (LockFile held = LockFile.tryTake(file).taken()) {
      assertThat(held).isNotNull();
      System.getProperties().store(new ByteArrayOutputStream(), "");
      Object identity = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      assertThat(System.getProperty("io.haduck.lock:" + identity)).isNotBlank();
    }
    Object identity = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    assertThat(System.getProperty("io.haduck.lock:" + identity)).isNull();
  }

  @Test
  void refusedLoader_thatIsCollected_leavesTheLockAlone() throws Exception {
    try (LockFile held = LockFile.tryTake(file).taken()) {
      assertThat(held).isNotNull();
      WeakReference<ClassLoader> gone = refuse();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                System.gc();
                assertThat(gone.get()).isNull();
              });
      assertThat(inAnotherProcess()).isEqualTo("another process");
    }
  }

  private WeakReference<ClassLoader> refuse() throws Exception {
    try (OtherLoader other = new OtherLoader()) {
      assertThat((String) other.call(Copy.class, "take", file.toString()))
          .contains("another class loader");
      return new WeakReference<>(other);
    }
  }

  @Test
  void waitingOfAFileStore_thatEndsInVainInAnotherLoader_keepsTheLock() throws Exception {
    try (LockFile held = LockFile.tryTake(file).taken();
        OtherLoader other = new OtherLoader()) {
      assertThat(held).isNotNull();
      assertThatThrownBy(() -> other.call(Copy.class, "waitInVain", file.toString()))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .hasMessageContaining("waited 10 s for the lock");
      assertThat(inAnotherProcess()).isEqualTo("another process");
      assertThatThrownBy(() -> Copy.waitInVain(file.toString()))
          .isInstanceOf(UnavailableException.class);
      assertThat(inAnotherProcess()).isEqualTo("another process");
    }
  }
}
