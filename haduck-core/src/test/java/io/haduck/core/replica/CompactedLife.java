package io.haduck.core.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.core.CommitReceipt;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.sweep.Sweep;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A life of a database that is compacted and of a replica that is swept, which others bring
 * together: each commit is remembered, processes are killed, others take over.
 */
final class CompactedLife implements AutoCloseable {
  static final Duration PAST_GRACE = SweepOptions.SHORTEST_GRACE.plusMinutes(10);

  private final long seed;
  final Random random;
  private final Path directory;
  final AgedReplica replica;
  final KeptContents kept;
  private final SweepOptions options;
  private final boolean together;
  private final AtomicLong leapt = new AtomicLong();
  private final Ticker ticker = () -> System.nanoTime() + leapt.get();
  final Set<String> seen = new TreeSet<>();
  private final List<CompactedWriter> overtaken = new ArrayList<>();
  CompactedWriter writer;
  private int writers;
  private long rows = 1_000_000;
  int sweeps;
  int kills;
  int takeOvers;
  long moved;

  /**
   * A new one.
   *
   * @param together whether writers sweep by themselves, as by default
   */
  CompactedLife(long seed, Path directory, boolean together) throws Exception {
    this.seed = seed;
    this.random = new Random(seed);
    this.directory = directory;
    this.together = together;
    this.replica = new AgedReplica(directory.resolve("replica"));
    this.kept = new KeptContents(replica, directory, random);
    this.options =
        new SweepOptions(
            GarbageCollection.ON,
            Duration.ofHours(1),
            SweepOptions.SHORTEST_GRACE,
            new RetentionSettings(
                Duration.ofHours(2 + random.nextInt(3)),
                Duration.ofHours(1 + random.nextInt(2)),
                Map.of(Period.HOURLY, random.nextInt(3), Period.DAILY, random.nextInt(3)),
                ZoneOffset.UTC,
                1 + random.nextInt(2)));
    this.writer = writer();
    writer.create();
    open();
    // Of the last hundred changesets none is ever deleted.
    for (int i = 0; i < 100; i++) {
      writer.insert(rows++);
      writer.database.awaitPosition();
    }
    insert();
    commit();
    kept.begin(replica.head());
    sweep();
    advance(Duration.ofHours(2));
  }

  private CompactedWriter writer() throws IOException {
    Path own = Files.createDirectory(directory.resolve("writer-" + ++writers));
    return new CompactedWriter(own, replica, ticker, together ? options : SweepOptions.OFF);
  }

  private void open() throws Exception {
    writer.open(random.nextBoolean());
    writer.database.awaitInSync();
    kept.committed(writer.database.contents());
    kept.acknowledged(writer.database.replicator().status().seq());
  }

  void advance(Duration time) {
    replica.advance(time);
    leapt.addAndGet(time.toNanos());
  }

  int restored() {
    return kept.restored;
  }

  int refused() {
    return kept.refused;
  }

  /** How many objects are gone by now. */
  int deleted() {
    Set<String> gone = new TreeSet<>(seen);
    gone.removeAll(replica.objects());
    return gone.size();
  }

  // --- what is committed

  void insert() throws SQLException {
    writer.insert(rows++);
    kept.committed(contents());
  }

  String contents() throws SQLException {
    return writer.database.contents();
  }

  void commit() throws Exception {
    CommitReceipt receipt = writer.database.awaitPosition();
    kept.acknowledged(
        receipt == null ? writer.database.replicator().status().seq() : receipt.seq());
  }

  void change(boolean checkpoints) throws Exception {
    writer.update(random);
    kept.committed(contents());
    commit();
    if (checkpoints) {
      writer.database.execute("CHECKPOINT");
      commit();
    }
  }

  void change() throws Exception {
    advance(Duration.ofMinutes(5 + random.nextInt(40)));
    change(random.nextInt(4) > 0);
    if (random.nextInt(3) == 0) {
      insert();
      commit();
    }
  }

  /** Until there is so much garbage that the next commit brings a compaction. */
  void makeGarbage() throws Exception {
    writer.compacts.set(false);
    do {
      change(true);
    } while (writer.share() <= 1.8);
  }

  void compact() throws Exception {
    makeGarbage();
    long before = writer.moved();
    writer.compacts.set(true);
    insert();
    commit();
    CompactedWriter of = writer;
    await().atMost(Duration.ofMinutes(1)).until(() -> of.moved() > before);
  }

  // --- who sweeps

  void sweep() {
    sweep(new GatedCalls());
  }

  void sweep(GatedCalls through) {
    seen.addAll(replica.objects());
    try (ObjectStore store = through.around(replica.store())) {
      new Sweep(store, options, AgedReplica.RETRIES, Ticker.system(), () -> false).run();
      sweeps++;
    } catch (UnavailableException e) {
      assertThat(through.hasEnded()).as(e.toString()).isTrue();
      kills++;
    }
  }

  void sweepPastGrace() {
    pause();
    sweep();
  }

  /** Longer than the grace, and perhaps than the window. */
  void pause() {
    advance(random.nextBoolean() ? PAST_GRACE : Duration.ofHours(30));
  }

  void killedSweep() {
    advance(PAST_GRACE);
    sweep(new GatedCalls().endAt(random.nextBoolean(), random.nextInt(50)));
  }

  // --- who writes

  /** The process is killed and starts again: nothing that was committed is lost. */
  void again() throws Exception {
    kills++;
    moved += writer.moved();
    writer.kill();
    writer =
        new CompactedWriter(
            writer.directory, replica, ticker, together ? options : SweepOptions.OFF);
    String last = kept.newest();
    open();
    assertThat(contents()).isEqualTo(last);
  }

  /** Another process takes over, on an empty disk; the one before learns of it. */
  void takeOver() throws Exception {
    takeOvers++;
    CompactedWriter before = writer;
    writer = writer();
    writer.open(random.nextBoolean());
    writer.database.awaitInSync();
    kept.takenOver("take-over " + takeOvers, contents());
    kept.acknowledged(writer.database.replicator().status().seq());
    change(random.nextBoolean());
    moved += before.moved();
    overtaken.add(before);
  }

  /** Those of whom others took over notice, if they live. */
  void endOvertaken() throws SQLException {
    for (CompactedWriter each : overtaken) {
      if (!each.calls.hasEnded()) {
        each.insert(rows++);
        await()
            .atMost(Duration.ofMinutes(1))
            .until(() -> each.database.replicator().fenced() != null);
      }
      each.kill();
    }
    overtaken.clear();
  }

  /**
   * How much is drawn in a step depends on how fast everything is; what the next one is does not.
   */
  void draw(int step) {
    random.setSeed(seed * 10_007 + step);
  }

  /** Garbage goes: out of what the head needs, and then altogether. */
  void finish() throws Exception {
    writer.compacts.set(true);
    CompactedWriter last = writer;
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () -> {
              insert();
              commit();
              return last.share() <= 1.5;
            });
    for (int i = 0; i < 2; i++) {
      advance(Duration.ofDays(2));
      change(true);
    }
    sweepPastGrace();
    long head = replica.head();
    sweepPastGrace();
    kept.check("the end");
    kept.requireNoGarbage("the end", head);
    moved += writer.moved();
  }

  @Override
  public void close() throws SQLException {
    for (CompactedWriter each : overtaken) {
      each.kill();
    }
    writer.kill();
  }
}
