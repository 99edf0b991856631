package io.haduck.bench;

import io.haduck.core.CommitReceipt;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptStates;
import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.kept.StateName;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LogEntry;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.sweep.Sweep;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.AgedStore;
import io.haduck.testing.CountingStore;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Days of an application: restarted and swept each night, some commits an hour and three
 * checkpoints on a working day, a point on the first of each month. For one thread.
 */
final class SimulatedYear implements AutoCloseable {
  private static final LocalDate BEGINNING = LocalDate.parse("2025-01-06"); // a Monday
  private static final int FIRST_HOUR = 8;
  private static final int LAST_HOUR = 17;
  private static final int MOST_COMMITS_AN_HOUR = 4;

  private static final Retries RETRIES =
      Retries.of(
          10, () -> new Backoff(Duration.ofMillis(10), Duration.ofSeconds(1), new Random(1)));

  private final Random random;
  private final SetClock clock;
  private final @Nullable CompactStore memory;
  private final long seed;
  private final List<CountingStore> writers = new ArrayList<>();
  private final CountingStore sweeping;
  private final ObjectStore looking;
  private final SimulatedApplication application;
  private final AtomicLong leaps = new AtomicLong();
  private SweepOptions options = SweepOptions.DEFAULT;
  private LocalDate today = BEGINNING;

  private final HeldStates held;

  private YearWeek.Requests writerBefore = YearWeek.Requests.NONE;
  private YearWeek.Requests sweepsBefore = YearWeek.Requests.NONE;
  private long deletedBefore;
  private long deleted;
  private final Set<String> points = new TreeSet<>();
  private long commits;
  private long processes;

  private SimulatedYear(
      Workspace workspace,
      long seed,
      SetClock clock,
      @Nullable CompactStore memory,
      Supplier<ObjectStore> stores) {

    this.seed = seed;
    this.random = new Random(seed);
    this.clock = clock;
    this.memory = memory;
    this.held = new HeldStates(workspace);
    this.sweeping = new CountingStore(stores.get());
    this.looking = stores.get();
    this.application =
        new SimulatedApplication(
            workspace.file("year.duckdb"),
            () -> {
              var counting = new CountingStore(stores.get());
              writers.add(counting);
              processes++;
              return counting;
            },
            clock,
            random);
  }

  /** Before the first day. */
  static SimulatedYear begin(Workspace workspace, long seed) throws IOException {
    var clock = new SetClock(BEGINNING.atStartOfDay().toInstant(ZoneOffset.UTC));
    var times = new AgedStore.Times(clock, Duration.ZERO);
    if (workspace.options().place() == Options.Place.S3) {
      Workspace.Replicas replicas = workspace.replicas("year");
      return new SimulatedYear(
          workspace, seed, clock, null, () -> new AgedStore(replicas.open("year"), times));
    }
    var memory = new CompactStore(clock);
    return new SimulatedYear(workspace, seed, clock, memory, () -> new AgedStore(memory, times));
  }

  /** Writes down all that is needed to go on with another week; nothing if the store is S3. */
  void save(Path file) throws SQLException, IOException {
    if (memory == null) {
      return;
    }
    application.close();
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(next)))) {
      out.writeLong(today.toEpochDay());
      out.writeLong(application.batches());
      held.save(out);
      out.writeUTF(String.join(" ", points));
      for (long figure : new long[] {deleted, commits, processes}) {
        out.writeLong(figure);
      }
      memory.save(out);
    }
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Goes on from what was written down; the database is restored from its replica. */
  void resume(Path file) throws IOException {
    if (memory == null) {
      throw new IllegalStateException("only a year in memory is resumed");
    }
    try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      today = LocalDate.ofEpochDay(in.readLong());
      application.resume(in.readLong());
      held.load(in);
      points.addAll(List.of(in.readUTF().split(" ")));
      deleted = in.readLong();
      commits = in.readLong();
      processes = in.readLong();
      memory.load(in);
    }
    deletedBefore = deleted;
  }

  /** How many have passed. */
  long weeks() {
    return ChronoUnit.WEEKS.between(BEGINNING, today);
  }

  /** Keeps the last states of so many periods from now on. */
  void keep(Map<Period, Integer> periods) {
    options = options.withPolicy(new RetentionSettings(null, null, periods, null, null));
  }

  /** One week from Monday to Sunday. */
  YearWeek week(int number) throws Exception {
    random.setSeed(seed * 1_000_003 + number);
    for (int day = 0; day < 7; day++) {
      day();
      today = today.plusDays(1);
    }
    held.compare(looking, readable(), random);
    return sample(number);
  }

  private void at(LocalTime time) {
    clock.set(today.atTime(time).toInstant(ZoneOffset.UTC));
  }

  private void day() throws Exception {
    at(LocalTime.of(1, 0));
    application.restart();
    at(LocalTime.of(3, 0));
    sweep();
    DayOfWeek weekday = today.getDayOfWeek();
    if (weekday == DayOfWeek.SATURDAY || weekday == DayOfWeek.SUNDAY) {
      return;
    }
    for (int hour = FIRST_HOUR; hour <= LAST_HOUR; hour++) {
      int count = 1 + random.nextInt(MOST_COMMITS_AN_HOUR);
      for (int i = 0; i < count; i++) {
        at(LocalTime.of(hour, i * 50 / count + random.nextInt(9)));
        hold(application.commit(), 4);
        commits++;
      }
      if (hour % 3 == 1) {
        at(LocalTime.of(hour, 59));
        CommitReceipt receipt = application.checkpoint();
        hold(receipt, 1);
        if (today.getDayOfMonth() <= 3 && hour == LAST_HOUR - 1) {
          point(receipt.seq());
        }
      }
    }
  }

  /** Remembers one of so many. */
  private void hold(CommitReceipt receipt, int oneOf) throws SQLException {
    if (random.nextInt(oneOf) == 0) {
      held.put(receipt.seq(), application.contents());
    }
  }

  private void point(long seq) {
    String name = "month-" + today.toString().substring(0, 7);
    if (!points.add(name)) {
      return;
    }
    var names = new Names(looking, new Manifests(looking, RETRIES), RETRIES);
    DecodedChangeset changeset = new ReplicationLog(looking).read(seq).orElseThrow();
    names.make(
        NameRecord.point(
            StateName.point(name),
            changeset.position(),
            changeset.changeset().time(),
            clock.instant(),
            new UUID(random.nextLong(), random.nextLong())));
  }

  private void sweep() {
    SweepReport report =
        new Sweep(sweeping, options, RETRIES, () -> leaps.addAndGet(1_000_000_000L), () -> false)
            .run()
            .orElseThrow();
    deleted += report.deleted();
  }

  private ReadableStates readable() {
    var manifests = new Manifests(looking, RETRIES);
    return KeptStates.read(manifests, new Names(looking, manifests, RETRIES));
  }

  private YearWeek sample(int number) throws IOException {
    Manifest manifest = new Manifests(looking, RETRIES).newest().orElseThrow();
    long[] counts = new long[6];
    long[] bytes = new long[6];
    List<LogEntry> below = new ArrayList<>();
    for (Listing.Entry entry : Workspace.keys(looking)) {
      int kind = kind(entry.key());
      counts[kind]++;
      bytes[kind] += entry.length();
      OptionalLong seq = LogKeys.changesetSeq(entry.key());
      if (seq.isPresent() && seq.getAsLong() < manifest.floors().walFrom()) {
        below.add(new LogEntry(seq.getAsLong(), entry.length()));
      }
    }
    var epochs = new AtomicLong();
    new ReplicationLog(looking)
        .read(
            below,
            head ->
                head.filter(it -> it.changeset().kind() == ChangesetKind.EPOCH)
                    .ifPresent(it -> epochs.incrementAndGet()));
    YearWeek.Requests writer =
        writers.stream()
            .map(SimulatedYear::requests)
            .reduce(YearWeek.Requests.NONE, (a, b) -> a.plus(b));
    YearWeek.Requests sweeps = requests(sweeping);
    var sample =
        new YearWeek(
            number,
            counts[0],
            below.size(),
            epochs.get(),
            counts[1],
            counts[2],
            counts[3],
            counts[4] + counts[5],
            Arrays.stream(bytes).sum(),
            bytes[3],
            application.fileSize(),
            manifest.states().size(),
            writer.minus(writerBefore),
            sweeps.minus(sweepsBefore),
            deleted - deletedBefore);
    writerBefore = writer;
    sweepsBefore = sweeps;
    deletedBefore = deleted;
    return sample;
  }

  private static int kind(String key) {
    List<String> prefixes =
        List.of(LogKeys.CHANGESETS, LogKeys.SEGMENTS, LogKeys.SNAPSHOTS, LogKeys.KEPT, "point/");
    for (int i = 0; i < prefixes.size(); i++) {
      if (key.startsWith(prefixes.get(i))) {
        return i;
      }
    }
    return prefixes.size();
  }

  private static YearWeek.Requests requests(CountingStore store) {
    return new YearWeek.Requests(store.puts(), store.gets(), store.lists(), store.deletes());
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s to %s: %,d commits in %,d processes, %,d objects deleted; %s",
        BEGINNING,
        today,
        commits,
        processes,
        deleted,
        held);
  }

  @Override
  public void close() throws SQLException {
    application.close();
    sweeping.close();
    looking.close();
  }
}
