package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.EmbeddedS3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes on one replica that wait for one lease are stopped, go on and are killed, while old
 * keys of the log are deleted, and a proxy sets the store's clock and loses, delays and holds back
 * what is sent: what is restored at the end of each round holds every row that any of them was told
 * is durable, each once, and soon after each round one of them writes. At the end, what any of them
 * was told is a commit of its own is that commit in the log.
 *
 * <p>More by {@code -Dhaduck.rounds=…} (see {@code .ci/splitbrain}), each tenth of them with a stop
 * of more than 15 s; {@code -Dhaduck.seed=…}. A server of your own joins as in {@link CrashTest}.
 */
@Tag("compat")
@Timeout(value = 3, unit = TimeUnit.HOURS) // as many as asked for
final class SplitBrainProcessesTest {
  private static final Duration TTL = Duration.ofSeconds(2);
  private static final Duration SOON = Duration.ofSeconds(90);

  @TempDir Path directory;

  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);
  private final List<SplitBrainChild> machines = new ArrayList<>();
  private final List<String> done = new ArrayList<>();

  @Test
  void processes_onFiles_loseNothingAndEndWithOneWriter() throws Exception {
    run(new CrashStore("file:" + directory.resolve("replica"), Map.of()), 2);
  }

  @Test
  void processes_onS3Proxy_loseNothingAndEndWithOneWriter() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      run(new CrashStore("s3://" + EmbeddedS3.BUCKET + "/brain", s3.settings()), 1);
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "haduck.crash.endpoint", matches = ".+")
  void processes_onAnotherServer_loseNothingAndEndWithOneWriter() throws Exception {
    run(
        new CrashStore(
            "s3://" + System.getProperty("haduck.crash.bucket") + "/brain-" + System.nanoTime(),
            Map.of(
                "s3.endpoint",
                System.getProperty("haduck.crash.endpoint"),
                "s3.access_key",
                System.getProperty("haduck.crash.access_key"),
                "s3.secret_key",
                System.getProperty("haduck.crash.secret_key"))),
        1);
  }

  private void run(CrashStore direct, int usual) throws Exception {
    int rounds = Integer.getInteger("haduck.rounds", usual);
    System.out.println("split brain with -Dhaduck.seed=" + seed + " -Dhaduck.rounds=" + rounds);
    try (var store = new SplitBrainStore(direct, random);
        ObjectStore objects = store.open()) {
      var sweeper = new LogSweeper(objects);
      start(store);
      for (int round = 0; round < rounds; round++) {
        disturb(store, sweeper, round % 10 == 9);
        sweeper.sweep();
        awaitSomebodyWrites();
        check(objects);
      }
      for (SplitBrainChild machine : machines) {
        machine.kill();
      }
      check(objects);
      LogNotes log = sweeper.notes();
      requireOneOwnerOfEachSeq(log);
      System.out.println(
          "SPLIT BRAIN "
              + store
              + ": "
              + rounds
              + " rounds, "
              + figures()
              + "; log: "
              + log
              + ", "
              + sweeper.swept()
              + " keys swept; seed "
              + seed);
    } catch (AssertionError | Exception e) {
      for (SplitBrainChild machine : machines) {
        machine.explain();
      }
      throw new AssertionError(
          "seed "
              + seed
              + " after "
              + done
              + ": "
              + machines.stream().map(SplitBrainChild::last).toList(),
          e);
    } finally {
      for (SplitBrainChild machine : machines) {
        machine.close();
      }
    }
  }

  private void start(SplitBrainStore store) throws IOException {
    String options =
        store.options()
            + ";haduck.name="
            + CrashStore.NAME
            + ";haduck.durability=commit;haduck.on_diverge=restore;haduck.linger=0s;haduck.sync_timeout=20s;haduck.lease_ttl="
            + TTL.toSeconds()
            + "s";
    int count = 2 + random.nextInt(2);
    for (int number = 0; number < count; number++) {
      var machine = new SplitBrainChild(directory, options, number);
      machines.add(machine);
      machine.start();
    }
    awaitSomebodyWrites();
  }

  /** Lets one or two of them trouble. */
  private void disturb(SplitBrainStore store, LogSweeper sweeper, boolean long15) throws Exception {
    store.worsen();
    for (int times = 1 + random.nextInt(2); times > 0; times--) {
      SplitBrainChild machine = machines.get(random.nextInt(machines.size()));
      boolean late = random.nextInt(3) == 0;
      String what = store.setClock();
      if (late) {
        what += "requests held back, ";
        store.holdBack();
        pass(20 + random.nextInt(100));
      }
      if (!long15 && random.nextInt(3) == 0) {
        done.add(what + "kill");
        machine.kill();
        store.holdNoMore();
        pass(random.nextInt(3_000));
        machine.start();
      } else {
        int millis = long15 ? 16_000 + random.nextInt(8_000) : stopMillis();
        done.add(what + "stop " + millis);
        machine.signal("STOP");
        store.holdNoMore();
        pass(millis);
        sweeper.sweep();
        if (random.nextBoolean()) {
          store.arrive();
        }
        if (random.nextBoolean()) {
          done.add(store.setClock() + "go on");
        }
        machine.signal("CONT");
      }
    }
    store.clearUp();
  }

  /** Less, about, or more than a TTL. */
  private int stopMillis() {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt(1_300);
      case 1 -> 1_600 + random.nextInt(800);
      default -> 2_400 + random.nextInt(5_000);
    };
  }

  private void awaitSomebodyWrites() {
    long before = acknowledged();
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> acknowledged() > before + 3);
  }

  private long acknowledged() {
    return machines.stream().mapToLong(SplitBrainChild::acknowledged).sum();
  }

  /** What was acknowledged until now is in what is restored now. */
  private void check(ObjectStore objects) throws Exception {
    Set<Long> told = new HashSet<>();
    machines.forEach(machine -> told.addAll(machine.rows()));
    Path place = Files.createTempDirectory(directory, "restored");
    Path file = place.resolve(CrashStore.NAME);
    Restorer.create().restore(RestoreRequest.latest(objects, file));
    Set<Long> found = new HashSet<>();
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file);
        Statement statement = plain.createStatement();
        ResultSet rows = statement.executeQuery("SELECT n FROM t")) {
      while (rows.next()) {
        assertThat(found.add(rows.getLong(1))).as("row %d once", rows.getLong(1)).isTrue();
      }
    }
    CrashStore.delete(place);
    told.removeAll(found);
    assertThat(told).as("acknowledged, and not there").isEmpty();
  }

  /** What any of them was told is its own is what the log holds, and nobody else's. */
  private void requireOneOwnerOfEachSeq(LogNotes log) {
    Map<Long, SplitBrainChild> owners = new HashMap<>();
    for (SplitBrainChild machine : machines) {
      for (String line : machine.seqs()) {
        long seq = LogNotes.seq(line);
        assertThat(line).as("told, and in the log").isEqualTo(log.commit(seq));
        assertThat(owners.putIfAbsent(seq, machine)).as(line).isIn(null, machine);
      }
    }
  }

  private String figures() {
    List<String> lines = machines.stream().flatMap(it -> it.lines.stream()).toList();
    Map<String, Long> ends = new TreeMap<>();
    lines.stream()
        .filter(line -> line.startsWith("ENDED "))
        .forEach(line -> ends.merge(line.split(" ", 3)[1], 1L, Long::sum));
    return machines.size()
        + " machines, "
        + count(lines, "ACK ")
        + " acknowledged rows, all there; "
        + count(lines, "SEQ ")
        + " commits told, all in the log; "
        + count(lines, "PENDING ")
        + " pending; "
        + count(lines, "OPEN")
        + " openings, ended by SQLState "
        + ends
        + " (fenced: 08006, 08007); "
        + done.stream().filter(it -> it.endsWith("kill")).count()
        + " kills, "
        + stops(0)
        + " stops, "
        + stops(15_000)
        + " of them longer than 15 s";
  }

  private static long count(List<String> lines, String prefix) {
    return lines.stream().filter(line -> line.startsWith(prefix)).count();
  }

  private long stops(int longerThanMillis) {
    return done.stream()
        .filter(it -> it.contains("stop "))
        .filter(it -> Integer.parseInt(it.substring(it.indexOf("stop ") + 5)) > longerThanMillis)
        .count();
  }

  private static void pass(int millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
