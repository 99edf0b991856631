package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that not only commits and checkpoints, but also closes and opens, restores what was
 * deleted, and fast-forwards what was put back to an earlier state, is killed with SIGKILL at
 * random moments of all that. What {@code durability} had acknowledged is then on the replica, and
 * in the local files when they are opened again; and these hold every commit that returned, unless
 * they were replaced.
 *
 * <p>More kills for each test by {@code -Dhaduck.kills=30}; seeds by {@code -Dhaduck.seed=…}; which
 * moments of a life are hit depends on the machine all the same.
 */
@Tag("compat")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class CrashLivesTest {
  private static final int KILLS_PER_DATABASE = 10;

  /** Where to kill, and within how many milliseconds from its begin. */
  private static final Map<String, Integer> PHASES =
      new TreeMap<>(
          Map.of(
              "opening", 300,
              "restoring", 400,
              "forwarding", 400,
              "working", 1500,
              "closing", 150));

  @TempDir Path directory;

  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);
  private final Map<String, Integer> killsByPhase = new TreeMap<>();
  private final Map<String, Integer> phasesLived = new TreeMap<>();
  private final long[] local = new long[CrashLives.WRITERS];
  private final long[] durable = new long[CrashLives.WRITERS];
  private long acknowledgements;
  private int disksLost;
  private int broken;
  private int halfRestored;

  private interface Stores {
    CrashStore number(int number);
  }

  @Test
  void commit_killedOnFiles_losesNothingAcknowledged() throws Exception {
    run("commit", 2, this::files);
  }

  @Test
  void commit_killedOnS3Proxy_losesNothingAcknowledged() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      run("commit", 1, number -> bucket(s3, number));
    }
  }

  @Test
  void checkpoint_killedOnFiles_losesNothingAcknowledged() throws Exception {
    run("checkpoint", 1, this::files);
  }

  @Test
  void checkpoint_killedOnS3Proxy_losesNothingAcknowledged() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      run("checkpoint", 1, number -> bucket(s3, number));
    }
  }

  @Test
  void async_killedOnFiles_keepsAPrefix() throws Exception {
    run("async", 1, this::files);
  }

  private CrashStore files(int number) {
    return new CrashStore("file:" + directory.resolve("r" + number), Map.of());
  }

  private static CrashStore bucket(EmbeddedS3 s3, int number) {
    return new CrashStore("s3://" + EmbeddedS3.BUCKET + "/r" + number, s3.settings());
  }

  private void run(String durability, int least, Stores stores) throws Exception {
    int kills = Integer.getInteger("haduck.kills", least);
    String place = stores.number(0).location() + " " + durability;
    System.out.println(place + ": kills with -Dhaduck.seed=" + seed + " -Dhaduck.kills=" + kills);
    // One that dies before its first acknowledgement shows little.
    for (int kill = 0; kill < kills || (acknowledgements == 0 && kill < kills + 10); kill++) {
      int number = kill / KILLS_PER_DATABASE;
      Path files = directory.resolve("local" + number);
      if (kill % KILLS_PER_DATABASE == 0) {
        Arrays.fill(local, 0);
        Arrays.fill(durable, 0);
        Files.createDirectory(files);
      }
      String context = place + ", seed " + seed + ", kill " + kill;
      CrashStore store = stores.number(number);
      String phase = kill(durability, store, files, context);
      killsByPhase.merge(phase, 1, Integer::sum);
      halfRestored += isHalfRestored(files) ? 1 : 0;
      long[] restored = store.restored(directory, durable, context + " (" + phase + ")");
      if (phase.equals("swapping") || random.nextInt(4) == 0) {
        CrashStore.delete(files);
        Files.createDirectory(files);
        System.arraycopy(restored, 0, local, 0, local.length);
        disksLost++;
      }
      if (kill % KILLS_PER_DATABASE == KILLS_PER_DATABASE - 1) {
        CrashStore.delete(files);
      }
    }
    System.out.println(
        place
            + ": killed "
            + killsByPhase
            + ", lived through "
            + phasesLived
            + ", restores cut short "
            + halfRestored
            + ", disk lost "
            + disksLost
            + " times, DuckDB broken "
            + broken
            + " times, "
            + acknowledgements
            + " acknowledgements, seed "
            + seed);
    assertThat(acknowledgements).as("acknowledgements").isPositive();
  }

  /** Whether a restore or fast-forward was under way, by what it leaves. */
  private static boolean isHalfRestored(Path files) throws IOException {
    try (Stream<Path> all = Files.list(files)) {
      return all.anyMatch(
          file ->
              file.toString().contains(".haduck-restore-")
                  || file.toString().endsWith(".haduck-next"));
    }
  }

  /** Until a restore has begun to write, if one comes in time. */
  private static void awaitHalfRestored(Path files, int seconds) throws IOException {
    long begun = System.nanoTime();
    while (!isHalfRestored(files)
        && System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(seconds)) {
      LockSupport.parkNanos(500_000);
    }
  }

  private static void passMillis(int millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /** Returns the phase in which it was killed. */
  private String kill(String durability, CrashStore store, Path files, String context)
      throws Exception {
    Path database = files.resolve(CrashStore.NAME);
    String url =
        "jdbc:haduck:"
            + database
            + store.options()
            + ";haduck.sync_timeout=10s;haduck.durability="
            + durability
            + ";haduck.linger="
            + (random.nextBoolean() ? "0s" : "1s");
    var arguments =
        new ArrayList<>(
            List.of(
                url,
                database.toString(),
                durability,
                Boolean.toString(random.nextBoolean()),
                Long.toString(random.nextLong())));
    for (long each : local) {
      arguments.add(Long.toString(each));
    }
    for (long each : durable) {
      arguments.add(Long.toString(each));
    }
    List<String> lines;
    try (var child =
        ChildJvm.start("-Xmx300m", CrashLives.class, arguments.toArray(String[]::new))) {
      List<String> names = new ArrayList<>(PHASES.keySet());
      String target = names.get(random.nextInt(names.size()));
      int wait = random.nextInt(PHASES.get(target));
      boolean first = random.nextInt(4) == 0; // of what the last kill left
      boolean midway =
          random.nextBoolean()
              && (first || target.equals("restoring") || target.equals("forwarding"));
      child.awaitLine(first ? "PHASE" : "PHASE working");
      if (!first) {
        child.awaitLine("PHASE " + target);
      }
      if (midway) {
        awaitHalfRestored(files, first ? 3 : 20);
      }
      passMillis(midway ? random.nextInt(50) : wait);
      lines = child.kill();
    }
    assertThat(lines).as(context).noneMatch(line -> line.startsWith("WRONG"));
    return follow(lines);
  }

  /** Notes what a life said; returns its last phase. */
  private String follow(List<String> lines) {
    String phase = "starting";
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "PHASE" -> {
          phase = words[1];
          phasesLived.merge(phase, 1, Integer::sum);
        }
        case "DID" -> local[Integer.parseInt(words[1])] = Long.parseLong(words[2]);
        case "ACK" -> {
          durable[Integer.parseInt(words[1])] = Long.parseLong(words[2]);
          acknowledgements++;
        }
        case "LOCAL" -> System.arraycopy(durable, 0, local, 0, local.length);
        case "BROKEN" -> {
          System.out.println(line);
          broken++;
        }
        default -> {
          // what libraries say
        }
      }
    }
    return phase;
  }
}
