package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that writes from several connections is killed with SIGKILL at random moments. What the
 * replica then restores, on an empty directory, holds everything that was acknowledged, and of each
 * connection a prefix; so do the files that the process left, when haduck opens them again.
 *
 * <p>More kills for each store by {@code -Dhaduck.kills=200}; seeds by {@code -Dhaduck.seed=…}. A
 * server of your own, such as MinIO, joins by {@code -Dhaduck.crash.endpoint=http://…} with {@code
 * haduck.crash.bucket}, {@code .access_key} and {@code .secret_key}.
 */
@Tag("compat")
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class CrashTest {
  private static final int KILLS_PER_DATABASE = 8;

  @TempDir Path directory;

  private final long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
  private final Random random = new Random(seed);
  private final List<Long> lossMillis = new ArrayList<>();
  private long[] restored = new long[CrashWriter.WRITERS];
  private long acknowledgements;
  private int killedWhileOpening;
  private int reopened;

  @Test
  void commit_killedOnFiles_losesNothingAcknowledged() throws Exception {
    run("commit", 2, number -> new CrashStore("file:" + directory.resolve("r" + number), Map.of()));
  }

  @Test
  void commit_killedOnS3Proxy_losesNothingAcknowledged() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      run(
          "commit",
          1,
          number -> new CrashStore("s3://" + EmbeddedS3.BUCKET + "/r" + number, s3.settings()));
    }
  }

  @Test
  void commit_killedWhileFilesFail_losesNothingAcknowledged() throws Exception {
    run(
        "commit",
        2,
        number ->
            new CrashStore("unreliable-file://local" + directory.resolve("r" + number), Map.of()));
  }

  @Test
  void commit_killedWhileS3ProxyFails_losesNothingAcknowledged() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      run(
          "commit",
          1,
          number ->
              new CrashStore(
                  "unreliable-s3://" + EmbeddedS3.BUCKET + "/r" + number, s3.settings()));
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "haduck.crash.endpoint", matches = ".+")
  void commit_killedOnAnotherServer_losesNothingAcknowledged() throws Exception {
    run("commit", 2, number -> another("s3", number));
  }

  @Test
  @EnabledIfSystemProperty(named = "haduck.crash.endpoint", matches = ".+")
  void commit_killedWhileAnotherServerFails_losesNothingAcknowledged() throws Exception {
    run("commit", 2, number -> another("unreliable-s3", number));
  }

  private CrashStore another(String scheme, int number) {
    return new CrashStore(
        scheme
            + "://"
            + System.getProperty("haduck.crash.bucket")
            + "/"
            + scheme
            + "-"
            + seed
            + "-"
            + number,
        Map.of(
            "s3.endpoint",
            System.getProperty("haduck.crash.endpoint"),
            "s3.access_key",
            System.getProperty("haduck.crash.access_key"),
            "s3.secret_key",
            System.getProperty("haduck.crash.secret_key")));
  }

  /** What is lost is printed: how long before the kill the oldest lost commit was acknowledged. */
  @Test
  void async_killedOnFiles_losesOnlyTheEnd() throws Exception {
    run("async", 2, number -> new CrashStore("file:" + directory.resolve("r" + number), Map.of()));
    Collections.sort(lossMillis);
    System.out.println(
        "async: "
            + lossMillis.stream().filter(millis -> millis > 0).count()
            + " of "
            + lossMillis.size()
            + " kills lost something; the oldest lost commit was acknowledged before the kill, median "
            + lossMillis.get(lossMillis.size() / 2)
            + " ms, most "
            + lossMillis.get(lossMillis.size() - 1)
            + " ms");
  }

  private interface Stores {
    CrashStore number(int number);
  }

  private void run(String durability, int least, Stores stores) throws Exception {
    int kills = Integer.getInteger("haduck.kills", least);
    System.out.println("kills with -Dhaduck.seed=" + seed + " -Dhaduck.kills=" + kills);
    long[] acknowledged = new long[CrashWriter.WRITERS];
    for (int kill = 0; kill < kills; kill++) {
      int number = kill / KILLS_PER_DATABASE;
      Path local = directory.resolve("local" + number);
      if (kill % KILLS_PER_DATABASE == 0) {
        Arrays.fill(acknowledged, 0);
        Files.createDirectory(local);
      } else if (random.nextInt(3) == 0) {
        CrashStore.delete(local);
        Files.createDirectory(local);
        System.arraycopy(restored, 0, acknowledged, 0, restored.length);
      } else {
        reopened++;
      }
      CrashStore store = stores.number(number);
      String context = "seed " + seed + ", kill " + kill + " (" + store.location() + ")";
      kill(durability, store, local, acknowledged, kill == kills - 1, context);
      if (kill % KILLS_PER_DATABASE == KILLS_PER_DATABASE - 1) {
        CrashStore.delete(local);
      }
    }
    System.out.println(
        stores.number(0).location()
            + " "
            + durability
            + ": "
            + kills
            + " kills ("
            + killedWhileOpening
            + " while opening), local files reopened "
            + reopened
            + " times, "
            + acknowledgements
            + " acknowledgements, seed "
            + seed);
    assertThat(acknowledgements).isPositive();
  }

  private void kill(
      String durability,
      CrashStore store,
      Path local,
      long[] acknowledged,
      boolean last,
      String context)
      throws Exception {
    String url =
        "jdbc:haduck:"
            + local.resolve(CrashStore.NAME)
            + store.options()
            + ";haduck.sync_timeout=5s;haduck.durability="
            + durability;
    var arguments = new ArrayList<>(List.of(url, Long.toString(random.nextLong())));
    for (long each : acknowledged) {
      arguments.add(Long.toString(each));
    }
    List<String> lines;
    long killed;
    try (var child =
        ChildJvm.start("-Xmx300m", CrashWriter.class, arguments.toArray(String[]::new))) {
      if (last && acknowledgements == 0) {
        child.awaitLine("ACK "); // on a slow machine all others were killed before their first
      } else if (random.nextInt(8) > 0) {
        child.awaitLine("OPEN");
        passMillis(random.nextInt(4) == 0 ? 5000 : 1500);
      } else {
        passMillis(3000);
      }
      killed = System.currentTimeMillis();
      lines = child.kill();
    }
    assertThat(lines).as(context).noneMatch(line -> line.startsWith("WRONG"));
    killedWhileOpening += lines.contains("OPEN") ? 0 : 1;
    List<String[]> acks =
        lines.stream()
            .filter(line -> line.startsWith("ACK ") && line.split(" ").length == 4)
            .map(line -> line.split(" "))
            .toList();
    acknowledgements += acks.size();
    for (String[] ack : acks) {
      acknowledged[Integer.parseInt(ack[1])] = Long.parseLong(ack[2]);
    }
    boolean commit = durability.equals("commit");
    restored =
        store.restored(directory, commit ? acknowledged : new long[acknowledged.length], context);
    if (!commit) {
      long oldest = killed;
      for (String[] ack : acks) {
        if (Long.parseLong(ack[2]) > restored[Integer.parseInt(ack[1])]) {
          oldest = Math.min(oldest, Long.parseLong(ack[3]));
        }
      }
      lossMillis.add(killed - oldest);
    }
  }

  private void passMillis(int most) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(most)));
  }
}
