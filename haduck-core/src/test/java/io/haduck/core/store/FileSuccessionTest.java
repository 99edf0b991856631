package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conditional writes to a directory while the lock cannot be had. */
final class FileSuccessionTest {
  private static final String KEY = "counter";

  @TempDir Path directory;
  private Path root;
  private FileObjectStore store;

  @BeforeEach
  void open() throws IOException {
    root = Files.createDirectory(directory.resolve("replica"));
    store = new FileObjectStore(root);
  }

  private List<String> leftOver() throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(".haduck-next-") || name.startsWith(".haduck-tmp-"))
          .toList();
    }
  }

  private static ObjectBody body(String text) {
    return ObjectBody.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private String text() {
    return new String(store.read(KEY, 100), StandardCharsets.UTF_8);
  }

  private static String etag(PutResult result) {
    return Objects.requireNonNull(result.etag(), () -> "" + result);
  }

  /** As another process that is stopped within the lock would. */
  private void withTheLockTaken(Runnable action) throws IOException {
    LockFile held = Objects.requireNonNull(LockFile.tryTake(root.resolve(".haduck-lock")).taken());
    try {
      action.run();
    } finally {
      held.close();
    }
  }

  @Test
  void putIfMatch_whileTheLockIsTaken_isDecidedAllTheSame() throws IOException {
    String first = etag(store.put(KEY, body("1")));
    withTheLockTaken(
        () -> {
          PutResult second = store.putIfMatch(KEY, body("2"), first);
          assertThat(second.outcome()).isEqualTo(Outcome.DONE);
          assertThat(text()).isEqualTo("2");
          assertThat(store.putIfMatch(KEY, body("x"), first).outcome()).isEqualTo(Outcome.MISMATCH);
          assertThat(store.putIfMatch(KEY, body("3"), etag(second)).outcome())
              .isEqualTo(Outcome.DONE);
          assertThat(store.putIfAbsent(KEY, body("y")).outcome()).isEqualTo(Outcome.EXISTS);
          assertThat(text()).isEqualTo("3");
        });
    assertThat(Files.readString(root.resolve(KEY))).isEqualTo("1");

    String third;
    try (StoredObject object = store.get(KEY)) {
      third = object.etag();
    }
    assertThat(store.putIfMatch(KEY, body("4"), third).outcome()).isEqualTo(Outcome.DONE);

    assertThat(Files.readString(root.resolve(KEY))).as("for people").isEqualTo("4");
    assertThat(leftOver()).isEmpty();
  }

  @Test
  void put_andDelete_removeWhatFollowedBefore() throws IOException {
    String first = etag(store.put(KEY, body("1")));
    withTheLockTaken(() -> store.putIfMatch(KEY, body("2"), first));

    store.put(KEY, body("3"));
    assertThat(text()).isEqualTo("3");
    assertThat(leftOver()).isEmpty();

    String third;
    try (StoredObject object = store.get(KEY)) {
      third = object.etag();
    }
    withTheLockTaken(() -> store.putIfMatch(KEY, body("4"), third));
    store.deleteAll(List.of(KEY));
    assertThat(store.list("", "").objects()).isEmpty();
    assertThat(store.putIfMatch(KEY, body("5"), third).outcome()).isEqualTo(Outcome.MISSING);
    assertThat(leftOver()).isEmpty();
  }

  /** A process that was stopped just before it created its successor. */
  @Test
  void successor_ofAVersionThatIsOver_isNeverBelieved() throws IOException {
    String first = etag(store.put(KEY, body("1")));
    store.putIfMatch(KEY, body("2"), first);

    Files.writeString(root.resolve(".haduck-next-" + first), "late");

    assertThat(text()).isEqualTo("2");
    try (StoredObject object = store.get(KEY)) {
      assertThat(store.putIfMatch(KEY, body("3"), object.etag()).outcome()).isEqualTo(Outcome.DONE);
    }
    assertThat(text()).isEqualTo("3");
  }

  @Test
  void append_byManyWithoutTheLock_whileOthersTidyUp_losesNothing() throws Exception {
    var random = new SecureRandom();
    var directories = new DurableDirectories(root);
    Path file = root.resolve(KEY);
    store.put(KEY, body("0"));
    var over = new AtomicBoolean();
    var threads = Executors.newFixedThreadPool(4);
    try {
      var begin = new CountDownLatch(1);
      List<Future<int[]>> counts = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        counts.add(
            threads.submit(
                () -> {
                  begin.await();
                  int[] doneAndUnknown = new int[2];
                  while (doneAndUnknown[0] < 60) {
                    count(directories, file, random, doneAndUnknown);
                  }
                  return doneAndUnknown;
                }));
      }
      Future<?> tidying =
          threads.submit(
              () -> {
                while (!over.get()) {
                  Integer unusedSinceItMustNotBeNull =
                      FileLocks.holding(
                          root.resolve(".haduck-lock"),
                          Ticker.system(),
                          () -> {
                            FileSuccession.settle(file, random);
                            return 1;
                          });
                }
                return null;
              });
      begin.countDown();
      int done = 0;
      int unknown = 0;
      for (Future<int[]> count : counts) {
        done += count.get()[0];
        unknown += count.get()[1];
      }
      over.set(true);
      tidying.get();
      assertThat(Integer.parseInt(text())).isBetween(done, done + unknown);
    } finally {
      threads.shutdownNow();
    }
  }

  private void count(
      DurableDirectories directories, Path file, SecureRandom random, int[] doneAndUnknown)
      throws IOException {
    try (StoredObject object = store.get(KEY);
        DraftFile draft = DraftFile.create(directories, root, random)) {
      int value = Integer.parseInt(new String(object.readAll(), StandardCharsets.UTF_8));
      FileVersion version = draft.fill(body("" + (value + 1)), random);
      Outcome outcome = FileSuccession.append(draft, version, file, object.etag());
      doneAndUnknown[0] += outcome == Outcome.DONE ? 1 : 0;
    } catch (UnavailableException e) {
      doneAndUnknown[1]++;
    }
  }

  @Test
  void putIfMatch_ofAProcessThatIsStoppedInTheMiddle_stopsNobody() throws Exception {
    store.put(KEY, body("0"));
    Path end = directory.resolve("end");
    var random = new Random(Long.getLong("haduck.seed", System.nanoTime()));
    try (var other =
        ChildJvm.start("-Xmx64m", Incrementer.class, root.toString(), end.toString())) {
      other.awaitLine("BEGUN");
      boolean inside = false;
      for (int i = 0; i < 500 && !inside; i++) {
        other.signal("STOP");
        inside = isLocked();
        if (!inside) {
          other.signal("CONT");
          Thread.onSpinWait();
          long until = System.nanoTime() + random.nextInt(2_000_000);
          while (System.nanoTime() < until) {
            Thread.onSpinWait();
          }
        }
      }
      assertThat(inside).as("stopped within the lock").isTrue();
      int done = 0;
      for (int i = 0; i < 3; i++) {
        try (StoredObject object = store.get(KEY)) {
          int value = Integer.parseInt(new String(object.readAll(), StandardCharsets.UTF_8));
          PutResult result = store.putIfMatch(KEY, body("" + (value + 1)), object.etag());
          assertThat(result.outcome()).isEqualTo(Outcome.DONE);
          done++;
        }
      }
      Files.createFile(end);
      other.signal("CONT");
      other.awaitLine("DONE ");
      List<String> lines = other.join();
      int others = Integer.parseInt(lines.get(lines.size() - 1).substring("DONE ".length()));
      assertThat(Integer.parseInt(text())).isEqualTo(done + others);
    }
  }

  private boolean isLocked() throws IOException {
    LockFile taken = LockFile.tryTake(root.resolve(".haduck-lock")).taken();
    if (taken == null) {
      return true;
    }
    taken.close();
    return false;
  }

  /** Counts until a file appears; what is not known, it finds out. */
  static final class Incrementer {
    public static void main(String[] arguments) {
      int done = 0;
      try (var store = new FileObjectStore(Path.of(arguments[0]))) {
        System.out.println("BEGUN");
        while (!Files.exists(Path.of(arguments[1]))) {
          try (StoredObject object = store.get(KEY)) {
            int value = Integer.parseInt(new String(object.readAll(), StandardCharsets.UTF_8));
            PutResult result = store.putIfMatch(KEY, body("" + (value + 1)), object.etag());
            if (result.outcome() == Outcome.UNKNOWN) {
              throw new IllegalStateException("unknown", result.cause());
            }
            done += result.outcome() == Outcome.DONE ? 1 : 0;
          }
        }
      }
      System.out.println("DONE " + done);
    }
  }
}
