package io.haduck.jdbc;

import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two processes that both write to one replica: each seq has one owner, the other is fenced and
 * says so, and whatever either of them was told is durable is in the one history that is left.
 *
 * <p>More by {@code -Dhaduck.commits=2000}. A server of your own joins as in {@link CrashTest}.
 */
@Timeout(900)
final class RivalsTest {
  private static final String NAME = "my.duckdb";

  @TempDir Path directory;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final int commits = Integer.getInteger("haduck.commits", 150);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private record Store(String location, Map<String, String> settings) {
    String options() {
      var options =
          new StringBuilder(
              ";haduck.lease=off;haduck.replica=" + location + ";haduck.durability=commit");
      options.append(";haduck.name=" + NAME + ";haduck.sync_timeout=20s;haduck.linger=0s");
      settings.forEach((key, value) -> options.append(";haduck." + key + "=" + value));
      return options.toString();
    }

    ObjectStore open() {
      return ObjectStoreProvider.openStore(ReplicaLocation.parse(location).resolve(NAME), settings);
    }
  }

  private Store files() {
    return new Store("file:" + directory.resolve("replica"), Map.of());
  }

  private static Store another(String prefix) {
    return new Store(
        "s3://" + System.getProperty("haduck.crash.bucket") + "/" + prefix + System.nanoTime(),
        Map.of(
            "s3.endpoint",
            System.getProperty("haduck.crash.endpoint"),
            "s3.access_key",
            System.getProperty("haduck.crash.access_key"),
            "s3.secret_key",
            System.getProperty("haduck.crash.secret_key")));
  }

  @Test
  void twoProcesses_onFiles_makeOneHistory() throws Exception {
    race(files());
  }

  @Test
  void twoProcesses_onS3Proxy_makeOneHistory() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      race(new Store("s3://" + EmbeddedS3.BUCKET + "/rivals", s3.settings()));
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "haduck.crash.endpoint", matches = ".+")
  void twoProcesses_onAnotherServer_makeOneHistory() throws Exception {
    race(another("rivals"));
  }

  @Test
  void oneThatWasPaused_onFiles_isFencedWhenItWakes() throws Exception {
    pauseAndResume(files());
  }

  @Test
  void oneThatWasPaused_onS3Proxy_isFencedWhenItWakes() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      pauseAndResume(new Store("s3://" + EmbeddedS3.BUCKET + "/paused", s3.settings()));
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "haduck.crash.endpoint", matches = ".+")
  void oneThatWasPaused_onAnotherServer_isFencedWhenItWakes() throws Exception {
    pauseAndResume(another("paused"));
  }

  private ChildJvm start(Store store, int number) throws IOException {
    Path place = Files.createDirectories(directory.resolve("process" + number));
    return ChildJvm.start(
        "-Xmx250m", RivalWriter.class, place.toString(), store.options(), "" + number);
  }

  private Future<?> awaitAcks(ChildJvm process, int acks) {
    return threads.submit(
        () -> {
          for (int i = 0; i < acks; i++) {
            process.awaitLine("ACK");
          }
          return null;
        });
  }

  private void race(Store store) throws Exception {
    try (ChildJvm one = start(store, 1);
        ChildJvm other = start(store, 2)) {
      Future<?> first = awaitAcks(one, commits);
      Future<?> second = awaitAcks(other, commits);
      await().atMost(10, MINUTES).until(() -> first.isDone() || second.isDone());
      boolean firstWins = first.isDone();
      ChildJvm faster = firstWins ? one : other;
      Future<?> slower = firstWins ? second : first;
      (firstWins ? first : second).get();
      // Whoever is slower may be the fenced one just now, and the faster one goes on meanwhile.
      Future<?> goesOn = threads.submit(() -> readOn(faster));
      List<String> ofFaster = List.of();
      try {
        slower.get(60, SECONDS);
      } catch (TimeoutException starved) {
        ofFaster =
            killed(faster, goesOn); // it takes over again before the slower one gets a word in
        slower.get();
      }
      List<String> ofSlower = (faster == one ? other : one).kill();
      if (ofFaster.isEmpty()) {
        ofFaster = killed(faster, goesOn);
      }
      List<String> ofOne = faster == one ? ofFaster : ofSlower;
      List<String> ofOther = faster == one ? ofSlower : ofFaster;
      verify(store, Map.of(1, ofOne, 2, ofOther));
      assertThat(fenced(ofOne).size() + fenced(ofOther).size()).isGreaterThan(1);
    }
  }

  private static @Nullable Void readOn(ChildJvm process) throws IOException {
    process.awaitLine("never said");
    return null;
  }

  /** Kills one whose output another thread still reads. */
  private static List<String> killed(ChildJvm process, Future<?> reader) throws Exception {
    process.signal("KILL");
    try {
      reader.get();
    } catch (ExecutionException e) {
      assertThat(e).hasMessageContaining("the other process ended");
    }
    return process.join();
  }

  private void pauseAndResume(Store store) throws Exception {
    try (ChildJvm sleeper = start(store, 1)) {
      awaitAcks(sleeper, 20).get();
      for (int pause = 0; pause < 3; pause++) {
        sleeper.signal("STOP");
        try (ChildJvm other = start(store, 2 + pause)) {
          awaitAcks(other, 20).get();
          sleeper.signal("CONT");
          // At once, though the other one goes on meanwhile.
          sleeper.awaitLine("ENDED");
          List<String> lines = other.kill();
          lines(2 + pause).addAll(lines);
        }
        awaitAcks(sleeper, 20).get();
      }
      lines(1).addAll(sleeper.kill());
    }
    assertThat(fenced(lines(1))).hasSizeGreaterThanOrEqualTo(3);
    verify(store, said);
  }

  private final Map<Integer, List<String>> said = new HashMap<>();

  private List<String> lines(int process) {
    return said.computeIfAbsent(process, number -> new ArrayList<>());
  }

  private static List<String> fenced(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith("ENDED") && line.contains("another writer"))
        .toList();
  }

  private void verify(Store store, Map<Integer, List<String>> lines) throws Exception {
    var owners = new TreeMap<Long, Integer>();
    int acks = 0;
    int ends = 0;
    Set<String> acknowledged = new HashSet<>();
    for (var each : lines.entrySet()) {
      for (String line : each.getValue()) {
        if (line.startsWith("SEQ ")) {
          Integer before = owners.put(Long.valueOf(line.substring(4)), each.getKey());
          assertThat(before).as("owner of %s beside %s", line, each.getKey()).isNull();
        } else if (line.startsWith("ACK ")) {
          acknowledged.add(each.getKey() + ":" + line.substring(4));
          acks++;
        } else if (line.startsWith("ENDED ")) {
          assertThat(line).matches("ENDED 08\\d\\d\\d .*");
          ends++;
        }
      }
    }
    Path restored = directory.resolve("restored.duckdb");
    try (ObjectStore objects = store.open()) {
      LogState head = new ReplicationLog(objects).loadLatest(LoadProgress.NONE).orElseThrow();
      System.out.println(
          store.location()
              + ": "
              + acks
              + " acknowledged by "
              + lines.size()
              + " processes, "
              + ends
              + " lives ended, log at seq "
              + head.position().seq()
              + ", epoch "
              + head.epoch());
      assertThat(head.epoch()).as("somebody took over").isGreaterThan(1);
      Restorer.create().restore(RestoreRequest.latest(objects, restored));
    }
    var found = new ArrayList<String>();
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + restored);
        Statement statement = plain.createStatement();
        ResultSet rows = statement.executeQuery("SELECT writer || ':' || n FROM t")) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    assertThat(found).doesNotHaveDuplicates();
    assertThat(new HashSet<>(found)).containsAll(acknowledged);
  }
}
