package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.follower.Follower;
import io.haduck.core.follower.FollowerListener;
import io.haduck.core.follower.FollowerOptions;
import io.haduck.core.follower.LeapingClocks;
import io.haduck.core.follower.ShownDatabase;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.restore.RestoreTarget;
import io.haduck.core.verify.Verifier;
import io.haduck.core.verify.VerifyProgress;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whoever reads a replica, while it is swept just before one of his calls to the store: so that all
 * is given up that may be, and deleted. Before some of the calls; before each by {@code
 * -Dhaduck.calls=all}; the same ones again by {@code -Dhaduck.seed=…}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, unit = TimeUnit.HOURS) // as many as asked for
class SweepBesideReadersTest {
  private final String calls = System.getProperty("haduck.calls", "3");
  private final int one = Integer.getInteger("haduck.call", 0);
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
  private final List<HaduckException> alarms = new CopyOnWriteArrayList<>();
  private GrownReplica grown;
  private Path directory;
  private int places;

  @BeforeAll
  void grow(@TempDir Path root) throws Exception {
    directory = root;
    System.out.println("sweeps beside readers of -Dhaduck.seed=" + seed);
    grown = new GrownReplica(root);
  }

  private Path place() throws IOException {
    return Files.createDirectory(directory.resolve("place-" + ++places));
  }

  /** A seq that is given up at the first sweep. */
  private long givenUp() {
    return grown.early().get(3);
  }

  private long pointed() {
    return SweptTrial.pointed(grown);
  }

  /** What a reader does, and must come to. */
  private interface Reading {
    void run(SweptTrial trial) throws Exception;
  }

  private void beside(String what, int moment, Reading reading) throws Exception {
    var random = new Random(seed);
    int tried = 0;
    long deleted = 0;
    for (boolean goesOn : new boolean[] {false, true}) {
      var counted = new SweptTrial(grown, seed, what, moment, 0, goesOn);
      reading.run(counted);
      for (int at : drawn(random, counted.calls)) {
        var trial = new SweptTrial(grown, seed, what, moment, at, goesOn);
        try {
          reading.run(trial);
        } catch (Exception e) {
          throw new AssertionError(trial.what, e);
        }
        trial.requireFine();
        if (trial.swept) { // with threads, it may come to fewer calls than counted
          assertThat(trial.deleted).as(trial.what).isPositive();
          deleted += trial.deleted;
          tried++;
        }
      }
      System.out.println(what + ": " + counted.calls + " calls" + (goesOn ? ", goes on" : ""));
    }
    System.out.println(
        what + ": swept before " + tried + " calls, " + deleted + " objects deleted");
    assertThat(tried).as("%s of -Dhaduck.seed=%s", what, seed).isPositive();
  }

  /** Before which calls it is swept, ascending. */
  private SortedSet<Integer> drawn(Random random, int count) {
    if (one > 0) {
      return new TreeSet<>(Set.of(one));
    }
    SortedSet<Integer> drawn = new TreeSet<>();
    int most = calls.equals("all") ? count : Math.min(count, Integer.parseInt(calls));
    while (drawn.size() < most) {
      drawn.add(calls.equals("all") ? drawn.size() + 1 : 1 + random.nextInt(count));
    }
    return drawn;
  }

  private void restore(SweptTrial trial, RestoreTarget target, long seq) throws Exception {
    Path to = place().resolve("my.duckdb");
    trial.arm();
    RestoreResult result;
    try {
      result = Restorer.create().restore(RestoreRequest.latest(trial.store, to).at(target));
    } catch (DivergedException e) {
      assertThat(seq).as(trial.what).isPositive();
      assertThat(trial.exists(seq)).as(trial.what).isFalse();
      assertThat(e).as(trial.what).hasMessageContaining("retention");
      assertThat(to).doesNotExist();
      return;
    }
    if (seq > 0) {
      assertThat(result.seq()).as(trial.what).isEqualTo(seq);
    } else {
      assertThat(result.seq()).as(trial.what).isGreaterThanOrEqualTo(grown.headAt(trial.moment()));
    }
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + to)) {
      assertThat(ReplicatedDatabase.contentsOf(plain))
          .as(trial.what)
          .isEqualTo(grown.contentsAt(result.seq()));
    }
  }

  @Test
  void restore_ofTheLatestState_succeeds() throws Exception {
    beside("restore latest", 1, trial -> restore(trial, RestoreTarget.latest(), 0));
  }

  @Test
  void restore_ofAPoint_succeeds() throws Exception {
    beside(
        "restore a point",
        1,
        trial -> restore(trial, new RestoreTarget.AtPoint(SweptTrial.POINT), pointed()));
    beside(
        "restore the seq of a point",
        1,
        trial -> restore(trial, new RestoreTarget.AtSeq(pointed()), pointed()));
  }

  @Test
  void restore_ofWhatIsGivenUp_isExact_orRefused() throws Exception {
    beside(
        "restore a seq", 1, trial -> restore(trial, new RestoreTarget.AtSeq(givenUp()), givenUp()));
    beside(
        "restore a time",
        1,
        trial -> restore(trial, new RestoreTarget.AtTime(grown.time(givenUp())), givenUp()));
  }

  private void awaitAtHead(SweptTrial trial, Follower follower, ShownDatabase shown)
      throws Exception {
    await(trial.what)
        .atMost(Duration.ofMinutes(1))
        .until(() -> follower.status().shown().seq() == trial.head());
    try (Connection connection = shown.connect()) {
      assertThat(ReplicatedDatabase.contentsOf(connection))
          .as(trial.what)
          .isEqualTo(grown.contentsAt(trial.head()));
    }
    assertThat(follower.status().problem()).as(trial.what).isNull();
    assertThat(alarms).as(trial.what).isEmpty();
  }

  private Follower follow(SweptTrial trial, ShownDatabase shown) throws IOException {
    alarms.clear();
    return Follower.open(
        LeapingClocks.of(
            FollowerOptions.of(place().resolve("my.duckdb"), trial.store)
                .withPolling(Duration.ofMillis(10), Duration.ofMillis(50))
                .withListener(
                    new FollowerListener() {
                      @Override
                      public void failing(HaduckException problem, Instant since) {
                        alarms.add(problem);
                      }
                    }),
            trial::leapt),
        shown);
  }

  @Test
  void follower_thatIsBehind_comesToTheHead() throws Exception {
    beside(
        "a follower goes on",
        0,
        trial -> {
          try (var shown = new ShownDatabase();
              Follower follower = follow(trial, shown)) {
            awaitAtHead(trial, follower, shown);
            trial.goOn();
            awaitAtHead(trial, follower, shown);
          }
        });
  }

  @Test
  void follower_thatBegins_comesToTheHead() throws Exception {
    beside(
        "a follower begins",
        1,
        trial -> {
          trial.arm();
          try (var shown = new ShownDatabase();
              Follower follower = follow(trial, shown)) {
            awaitAtHead(trial, follower, shown);
          }
        });
  }

  private void open(SweptTrial trial, Path place) throws Exception {
    ReplicatedDatabase database = GrownReplica.database(place, trial.store, trial.memory);
    trial.arm();
    database.open();
    try (database) {
      assertThat(database.contents()).as(trial.what).isEqualTo(grown.contentsAt(trial.head()));
      database.execute("INSERT INTO t VALUES (-1)");
      database.awaitPosition();
      database.awaitInSync();
    }
  }

  @Test
  void writer_onAnEmptyDisk_opensTheHead() throws Exception {
    beside("a writer on an empty disk", 1, trial -> open(trial, place()));
  }

  @Test
  void writer_onAStaleVolume_opensTheHead() throws Exception {
    beside(
        "a writer on a stale volume",
        1,
        trial -> {
          Path place = place();
          grown.putVolume(place);
          open(trial, place);
        });
  }

  /** A copy of a volume: nobody knows that nothing was written there, and the log must tell. */
  @Test
  void writer_onACopiedVolume_opensTheHead_orSaysThatItCannotTell() throws Exception {
    beside(
        "a writer on a copied volume",
        1,
        trial -> {
          Path place = place();
          grown.copyVolume(place);
          try {
            open(trial, place);
          } catch (DivergedException e) {
            assertThat(e).as(trial.what).hasMessageContaining(" any more");
          }
        });
  }

  @Test
  void verification_findsNothing() throws Exception {
    beside(
        "a verification",
        1,
        trial -> {
          trial.arm();
          assertThat(Verifier.create().run(trial.store, VerifyProgress.none()).findings())
              .as(trial.what)
              .isEmpty();
        });
  }
}
