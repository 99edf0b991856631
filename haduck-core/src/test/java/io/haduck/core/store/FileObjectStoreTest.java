package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.testing.ObjectStoreContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileObjectStoreTest extends ObjectStoreContract {
  @TempDir Path directory;

  @Override
  protected ObjectStore openStore(String name) {
    return new FileObjectStore(directory.resolve("backup").resolve(name));
  }

  @Test
  void provider_isFoundByItsScheme() {
    var location = ReplicaLocation.parse("file:" + directory).resolve("db");

    try (ObjectStore opened = ObjectStoreProvider.openStore(location, Map.of())) {
      opened.put("log/1", body("x"));
      assertThat(directory.resolve("db/log/1")).hasContent("x");
      assertThat(opened).hasToString("file:" + directory + "/db");
    }
  }

  @Test
  void provider_ofUnknownScheme_namesThoseThatThereAre() {
    assertThatThrownBy(
            () -> ObjectStoreProvider.openStore(ReplicaLocation.parse("gs://b/p"), Map.of()))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("gs://b/p")
        .hasMessageContaining("file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "a/../../x",
        "a/./b",
        "a//b",
        "a/",
        ".haduck-tmp-1",
        "log/.haduck-lock",
        "a\0b"
      })
  void keys_thatLeaveTheStoreOrMeanNothing_areRefused(String key) {
    assertThatThrownBy(() -> store.put(key, body("x")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.get(key)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.deleteAll(List.of("log/1", key)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void list_withPrefixOutsideTheStore_isEmpty() throws IOException {
    Files.writeString(directory.resolve("secret"), "x");

    assertThat(store.list("../../", "").objects()).isEmpty();
    assertThat(store.list("/", "").objects()).isEmpty();
  }

  @Test
  void list_doesNotShowWhatAKilledWriterLeft() throws IOException {
    store.put("log/1", body("x"));
    Path log = Path.of(store.toString().substring("file:".length())).resolve("log");
    Files.writeString(log.resolve(".haduck-tmp-00000000000000000000000000000000"), "half");

    assertThat(store.list("", "").objects())
        .extracting(Listing.Entry::key, Listing.Entry::length)
        .containsExactly(tuple("log/1", 1L));
  }

  @Test
  void list_sortsCharactersBeyondTheBasicPlaneByTheirBytes() {
    store.put("𝄞", body("x"));
    store.put("\uFFEE", body("x"));
    store.put("z/x", body("x"));

    assertThat(store.list("", "").objects())
        .extracting(Listing.Entry::key)
        .containsExactly("z/x", "\uFFEE", "𝄞");
  }

  @Test
  void list_withThousandsOfEmptyDirectories_stillFindsWhatComesBehindThem() throws IOException {
    store.put("zzz", body("x"));
    Path root = Path.of(store.toString().substring("file:".length()));
    for (int i = 0; i < 2_500; i++) {
      Files.createDirectory(root.resolve("empty-" + i));
    }

    Listing listing = store.list("", "");

    assertThat(listing.objects())
        .extracting(Listing.Entry::key, Listing.Entry::length)
        .containsExactly(tuple("zzz", 1L));
    assertThat(listing.truncated()).isFalse();
  }

  @Test
  void writes_leaveNothingElseBehind() throws IOException {
    String etag = store.put("lease", body("a")).etag();
    store.putIfAbsent("lease", body("b"));
    store.putIfMatch("lease", body("c"), etag);
    store.putIfMatch("lease", body("d"), etag);
    store.putIfMatch("missing", body("e"), etag);

    Path root = Path.of(store.toString().substring("file:".length()));
    try (Stream<Path> files = Files.walk(root)) {
      assertThat(files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("lease", ".haduck-lock");
    }
  }

  @Test
  void etags_differ_evenIfInodeAndSizeAreUsedAgainWithinATick() {
    var etags = new ArrayList<String>();
    for (int i = 0; i < 500; i++) {
      etags.add(store.put("lease", body("always the same")).etag());
    }

    assertThat(etags).doesNotHaveDuplicates();
  }

  @Test
  void get_goesOnReadingWhatItOpened_whenThatIsReplacedAndDeleted() {
    store.put("lease", body("before"));

    try (StoredObject object = store.get("lease")) {
      store.put("lease", body("afterwards"));
      store.deleteAll(List.of("lease"));
      assertThat(object.readAll()).isEqualTo("before".getBytes(StandardCharsets.UTF_8));
    }
    assertThatThrownBy(() -> store.get("lease")).isInstanceOf(MissingObjectException.class);
  }

  @Test
  void put_afterTheDirectoryWasDeleted_createsItAgain() throws IOException {
    store.put("log/1", body("x"));
    Path root = Path.of(store.toString().substring("file:".length()));
    Files.delete(root.resolve("log/1"));
    Files.delete(root.resolve("log"));

    assertThat(store.putIfAbsent("log/2", body("x")).outcome()).isEqualTo(Outcome.DONE);
  }

  /** Between the look whether it is there, and the write. */
  @Test
  void put_whoseDirectoryIsUnmountedJustThen_doesNotMakeItAnew() throws IOException {
    Path root = directory.resolve("replica");
    Path away = directory.resolve("away");
    var step = new AtomicReference<Runnable>(() -> {});
    RandomGenerator random =
        () -> {
          step.getAndSet(() -> {}).run();
          return ThreadLocalRandom.current().nextLong();
        };
    try (var store = new FileObjectStore(root, random, Ticker.system())) {
      store.put("log/1", ObjectBody.of(new byte[1]));
      step.set(() -> move(root, away));
      assertThatThrownBy(() -> store.put("kept/1", ObjectBody.of(new byte[1])))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("was deleted, moved or unmounted while it was in use");
      assertThat(root).doesNotExist();
      move(away, root);
      assertThat(store.put("kept/1", ObjectBody.of(new byte[1])).outcome())
          .isEqualTo(PutResult.Outcome.DONE);
    }
  }

  private static void move(Path from, Path to) {
    try {
      Files.move(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void put_belowAFile_saysThatItIsInTheWay() throws IOException {
    Files.writeString(directory.resolve("backup"), "not a directory");

    assertThatThrownBy(() -> store.put("log/1", body("x")))
        .isInstanceOf(StoreAccessException.class)
        .hasMessageContaining("log/1")
        .hasMessageContaining("a file is where a directory belongs");
  }

  @Test
  void access_withoutPermission_saysWhereAndForWhom() throws IOException {
    assumeFalse(System.getProperty("user.name").equals("root"), "root may do everything");
    Path locked = Files.createDirectories(directory.resolve("backup"));
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      assertThatThrownBy(() -> store.putIfAbsent("log/1", body("x")))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("log/1")
          .hasMessageContaining("permission denied");
    } finally {
      Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void put_onAFullDisk_isUnknownWithTheReasonAndLeavesNothing() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full) && System.getProperty("haduck.test.small.disk") != null);
    Path small = Path.of(System.getProperty("haduck.test.small.disk"));
    FileStore disk = Files.getFileStore(small);
    var onSmall = new FileObjectStore(small.resolve("db"));

    PutResult result =
        onSmall.putIfAbsent(
            "segment/1", ObjectBody.of(new byte[Math.toIntExact(disk.getUsableSpace() + 1)]));

    assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(result.cause()).hasMessageContaining("No space left").hasMessageContaining("room");
    assertThat(onSmall.list("", "").objects()).isEmpty();
    assertThat(onSmall.putIfAbsent("lease", body("x")).outcome()).isEqualTo(Outcome.DONE);
  }

  @Test
  void putIfMatch_ofSeveralProcesses_losesNoIncrement() throws Exception {
    store.put("counter", body("0"));
    var processes = new ArrayList<Process>();
    for (int i = 0; i < 3; i++) {
      processes.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Incrementer.class.getName(),
                  store.toString().substring("file:".length()))
              .redirectErrorStream(true)
              .start());
    }
    int sum = 0;
    for (Process process : processes) {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
      sum += Integer.parseInt(output.trim());
    }

    assertThat(new String(store.read("counter", 100), StandardCharsets.UTF_8))
        .isEqualTo(String.valueOf(sum));
    assertThat(sum).isGreaterThanOrEqualTo(100);
  }

  /** A process that counts with the others, and prints how many of its increments were accepted. */
  static final class Incrementer {
    public static void main(String[] arguments) {
      int done = 0;
      try (var store = new FileObjectStore(Path.of(arguments[0]))) {
        while (done < 100) {
          try (StoredObject object = store.get("counter")) {
            int value = Integer.parseInt(new String(object.readAll(), StandardCharsets.UTF_8));
            PutResult result =
                store.putIfMatch("counter", body(String.valueOf(value + 1)), object.etag());
            done += result.outcome() == Outcome.DONE ? 1 : 0;
          }
        }
      }
      System.out.println(done);
    }
  }

  private static ObjectBody body(String text) {
    return ObjectBody.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
