package io.haduck.testing.internal.splitbrain;

import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.lease.LeaseOptions;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.SameState;
import io.haduck.testing.internal.splitbrain.Writer.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** One history: who takes part, what goes wrong, and whether all that was told is true. */
final class Round {
  private static final long SECOND = 1_000_000_000L;

  private final Random random;
  private final boolean brief;
  private final Duration latest;
  private final Stage stage = new Stage();
  private final ObjectStore under;
  private final SharedStore store;
  private final Books books;
  private final Weather weather;
  private final Set<Trouble> troubles;
  private final Rules rules;
  private final Mode mode;
  private final Scene scene;
  private final Sweeper sweeper;
  private final List<Writer> writers = new ArrayList<>();
  private final List<Reader> readers = new ArrayList<>();
  private final Disturbance disturbance;
  private long undisturbed;

  /**
   * @param troubles what goes wrong; empty for what is drawn
   * @param brief whether it is to ask little of the store, which is slow
   */
  Round(long seed, ObjectStore under, Set<Trouble> troubles, boolean brief) {
    this.random = new Random(seed);
    this.brief = brief;
    this.latest = Duration.ofSeconds(brief ? 20 : 60);
    this.under = under;
    this.rules = drawRules();
    this.mode = troubles.isEmpty() && random.nextInt(5) == 0 ? Mode.ALWAYS : Mode.LEASE;
    this.troubles = troubles.isEmpty() ? drawTroubles() : troubles;
    this.weather = new Weather(random, this.troubles, latest);
    this.books = new Books(() -> storeTime());
    this.store = new SharedStore(under, stage, random.nextBoolean(), books::created);
    Duration ttl = Duration.ofSeconds(brief ? 5 : List.of(2, 5, 15).get(random.nextInt(3)));
    LeaseOptions lease = LeaseOptions.of(ttl);
    this.scene =
        new Scene(
            stage,
            store,
            weather,
            books,
            rules,
            random.nextBoolean() ? lease : lease.waiting(null),
            200 + random.nextInt(2_000));
    this.sweeper = new Sweeper(stage, under, books, store::time, rules, random);
    this.disturbance = new Disturbance(scene, this.troubles, random);
  }

  private java.time.Instant storeTime() {
    return store.time();
  }

  private Rules drawRules() {
    String asked = System.getProperty("haduck.rules");
    if (asked != null) {
      return Rules.valueOf(asked);
    }
    return switch (random.nextInt(5)) {
      case 0 -> Rules.WITHOUT_CLOCKS;
      case 1 -> Rules.WITHOUT_EPOCHS;
      default -> Rules.BOTH;
    };
  }

  private Set<Trouble> drawTroubles() {
    Set<Trouble> drawn = EnumSet.noneOf(Trouble.class);
    Trouble[] all = Trouble.values();
    for (int i = 2 + random.nextInt(6); i > 0; i--) {
      drawn.add(all[random.nextInt(all.length)]);
    }
    if (rules == Rules.WITHOUT_CLOCKS) {
      drawn.remove(Trouble.CLONED); // no EPOCH stands between two copies
    }
    if (rules == Rules.WITHOUT_EPOCHS || drawn.contains(Trouble.CLONED)) {
      drawn.removeIf(Trouble::beliesClocks);
    }
    return drawn;
  }

  /** Plays it, and returns what happened. */
  Figures play() {
    try {
      return played();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(this + ": " + e.getMessage(), e);
    } finally {
      stage.close();
    }
  }

  private Figures played() {
    for (String name : List.of("a", "b", "c").subList(0, 2 + random.nextInt(2))) {
      var writer = new Writer(name, scene, mode, random);
      writers.add(writer);
      writer.start(random.nextInt(3_000) * 1_000_000L);
    }
    for (String name : List.of("x", "y").subList(0, 1 + random.nextInt(2))) {
      var machine = new Machine(stage, random);
      var line = new Line(stage, store, weather, new Line.State());
      // Nothing but kept EPOCHs tells what was created anew; and no EPOCH is between two copies.
      boolean mayBeLost = rules.sweepsEpochs || troubles.contains(Trouble.CLONED);
      var reader = new Reader(name, line, machine, books, stage, random, mayBeLost);
      readers.add(reader);
      disturbance.reader(machine, stage.start(name, reader));
    }
    sweeper.begin();
    undisturbed =
        disturbance.plan(
            writers, mode, (brief ? 10 + random.nextInt(20) : 20 + random.nextInt(50)) * SECOND);
    stage.runUntil(undisturbed);
    weather.clearUp();
    requireOneWriter();
    writers.forEach(Writer::retire);
    sweeper.end();
    requireThatFollowersArrive();
    LogState reckoned = books.check(under, troubles.contains(Trouble.CLONED));
    LogState read = new ReplicationLog(under).loadLatest(LoadProgress.NONE).orElseThrow();
    SameState.assertSame(read, reckoned);
    return new Figures(books, sweeper.swept, troubles);
  }

  /** Within a few TTLs somebody writes, and later it is one only. */
  private void requireOneWriter() {
    long begun = stage.now();
    writers.forEach(Writer::calmDown);
    readers.forEach(Reader::calmDown);
    if (mode == Mode.ALWAYS) {
      writers.forEach(Writer::retire);
      var last = new Writer("last", scene, mode, random);
      writers.add(last);
      last.calmDown();
      last.start(0);
    }
    long longest = begun + 6 * scene.ttl().toNanos() + 40 * SECOND;
    while (books.toldSince(begun).isEmpty()) {
      stage.runUntil(stage.now() + SECOND);
      if (stage.now() > longest) {
        throw new AssertionError(
            "nobody writes " + (stage.now() - begun) / SECOND + " s after all is well" + said());
      }
    }
    stage.runUntil(
        Math.max(stage.now() + 3 * scene.ttl().toNanos(), begun + latest.toNanos() + 30 * SECOND));
    long calm = stage.now();
    stage.runUntil(calm + 20 * SECOND);
    if (books.toldSince(calm).size() != 1) {
      throw new AssertionError("not one writes, but " + books.toldSince(calm) + said());
    }
  }

  private String said() {
    var text = new StringBuilder();
    writers.forEach(it -> text.append("\n  ").append(it));
    return text.toString();
  }

  private void requireThatFollowersArrive() {
    long longest = stage.now() + Duration.ofMinutes(6).toNanos();
    for (Reader reader : readers) {
      while (reader.position().seq() != books.head()) {
        stage.runUntil(stage.now() + SECOND);
        if (stage.now() > longest) {
          throw new AssertionError(
              "a follower stays at "
                  + reader.position()
                  + " of "
                  + books.head()
                  + ": "
                  + reader.trouble());
        }
      }
    }
  }

  @Override
  public String toString() {
    return rules + ", lease " + mode + " of " + scene.ttl() + ", " + troubles;
  }
}
