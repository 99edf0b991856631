package io.haduck.bench;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptStates;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.sweep.Sweep;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.CountingStore;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Opening a log, loading a state of it, and finding a time, while the log grows a thousandfold; and
 * what a sweep of it costs. On a log in memory without a database: what counts are requests, and
 * the seconds are those of haduck alone.
 */
final class LogLength implements Scenario {
  private static final Instant BEGINNING = Instant.parse("2025-01-01T00:00:00Z");
  private static final int SAMPLES = 21;

  /** A day of a commit each half minute. */
  private static final int DAY = 2_880;

  @Override
  public void run(Workspace workspace) throws Exception {
    Options options = workspace.options();
    long seed = Long.getLong("haduck.seed", 7);
    PrintStream out = workspace.out();
    out.println("a log in memory of -Dhaduck.seed=" + seed + ", a commit each 30 s");
    var growing = new OneLog(seed, workspace);
    int most = options.rows();
    for (int keys : List.of(Math.max(10, most / 1000), Math.max(20, most * 3 / 100), most)) {
      growing.growTo(keys);
      growing.measure(SAMPLES);
    }
    var smaller = new OneLog(seed, workspace);
    smaller.growTo(Math.max(20, most * 3 / 100));
    for (OneLog log : List.of(smaller, growing)) {
      log.sweep("first sweep, which only marks");
      log.clock.advance(Duration.ofHours(2));
      log.sweep("first sweep that deletes");
      log.clock.advance(Duration.ofHours(1));
      log.sweep("sweep with nothing to delete");
      for (int day = 0; day < 3; day++) {
        log.growTo(log.keys + Math.min(DAY, Math.max(10, most / 100)));
        log.sweep("sweep a day later");
      }
      log.measure(SAMPLES);
    }
  }

  /** A log, and what is measured of it. */
  private static final class OneLog {
    private final SetClock clock = new SetClock(BEGINNING);
    private final Random random;
    private final SyntheticLog log;
    private final PrintStream out;
    private int keys;

    OneLog(long seed, Workspace workspace) {
      random = new Random(seed);
      log = new SyntheticLog(clock, random);
      out = workspace.out();
    }

    void growTo(int size) {
      long begun = System.nanoTime();
      log.growTo(size);
      out.printf(
          Locale.ROOT,
          "%,d log keys (%,d more in %.1f s)%n",
          size,
          size - keys,
          (System.nanoTime() - begun) / 1e9);
      keys = size;
    }

    void measure(int samples) {
      LogState head = log.head();
      // The first seq of all that can be read, and its time.
      long oldest = Math.max(1, kept(log.store()).walFrom);
      long range = head.position().seq() - oldest + 1;
      List<Long> seqs = new ArrayList<>();
      for (int i = 0; i < samples; i++) {
        seqs.add(oldest + (long) (random.nextDouble() * range));
      }
      Instant from = BEGINNING.plusSeconds(30 * oldest);
      List<Instant> times = new ArrayList<>();
      for (int i = 0; i < samples; i++) {
        times.add(from.plusSeconds(30 * (long) (random.nextDouble() * range)));
      }
      measure("open", seqs, reading -> (seq -> reading.loadLatest(LoadProgress.NONE)));
      measure("load a seq", seqs, reading -> (seq -> reading.loadAt(seq, LoadProgress.NONE)));
      measure("load a time", times, reading -> (time -> reading.loadAt(time, LoadProgress.NONE)));
    }

    private <T> void measure(
        String what,
        List<T> targets,
        Function<ReplicationLog, Function<T, Optional<LogState>>> action) {
      long[][] figures = new long[4][targets.size()];
      for (int i = 0; i < targets.size(); i++) {
        var store = new CountingStore(log.store());
        var reading = new ReplicationLog(store, () -> readable(store));
        long begun = System.nanoTime();
        LogState found = action.apply(reading).apply(targets.get(i)).orElseThrow();
        figures[3][i] = System.nanoTime() - begun;
        figures[0][i] = store.lists();
        figures[1][i] = store.gets();
        figures[2][i] = store.puts();
        if (targets.get(i) instanceof Long seq
            && !what.equals("open")
            && found.position().seq() != seq) {
          throw new IllegalStateException("asked for " + seq + ", found " + found.position());
        }
      }
      for (long[] each : figures) {
        Arrays.sort(each);
      }
      int half = targets.size() / 2;
      int last = targets.size() - 1;
      out.printf(
          Locale.ROOT,
          "  %,9d keys  %-12s median LIST %3d  GET %6d  PUT %d  %8.4f s;  most LIST %3d  GET %6d "
              + " PUT %d  %8.4f s%n",
          keys,
          what,
          figures[0][half],
          figures[1][half],
          figures[2][half],
          figures[3][half] / 1e9,
          figures[0][last],
          figures[1][last],
          figures[2][last],
          figures[3][last] / 1e9);
    }

    /** From where on everything is kept. */
    private record Kept(long walFrom) {}

    private static Kept kept(ObjectStore store) {
      return new Kept(
          new Manifests(store, RETRIES).newest().map(it -> it.floors().walFrom()).orElse(0L));
    }

    private static ReadableStates readable(ObjectStore store) {
      var manifests = new Manifests(store, RETRIES);
      return KeptStates.read(manifests, new Names(store, manifests, RETRIES));
    }

    void sweep(String what) {
      var store = new CountingStore(log.store());
      var leaps = new AtomicLong();
      long begun = System.nanoTime();
      SweepReport report =
          new Sweep(
                  store,
                  SweepOptions.DEFAULT,
                  RETRIES,
                  () -> leaps.addAndGet(1_000_000_000L),
                  () -> false)
              .run()
              .orElseThrow();
      double seconds = (System.nanoTime() - begun) / 1e9;
      double thousands = Math.max(1, report.deleted()) / 1e3;
      out.printf(
          Locale.ROOT,
          "  %,9d keys  %s: %,d objects deleted (%s), LIST %,d  GET %,d  PUT %,d (%s)  DELETE %,d "
              + " %.2f s, and %.0f s by its pace;%n             per 1,000 deleted: LIST %.2f  GET"
              + " %.1f  PUT %.2f  DELETE %.2f  %.4f s%n",
          keys,
          what,
          report.deleted(),
          Measures.bytes(report.deletedBytes()),
          store.lists(),
          store.gets(),
          store.puts(),
          Measures.bytes(store.putBytes()),
          store.deletes(),
          seconds,
          report.deleted() / 500.0,
          store.lists() / thousands,
          store.gets() / thousands,
          store.puts() / thousands,
          store.deletes() / thousands,
          seconds / thousands);
    }
  }

  private static final Retries RETRIES =
      Retries.of(3, () -> new Backoff(Duration.ofMillis(10), Duration.ofSeconds(1), new Random(1)));
}
