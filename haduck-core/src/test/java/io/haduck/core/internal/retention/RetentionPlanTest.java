package io.haduck.core.internal.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.retention.LoggedState.Kind;
import io.haduck.core.internal.retention.RetainedStates.Kept;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionPolicy;
import io.haduck.core.retention.SweepOptions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Random policies over random logs, swept again and again, against a reader that knows nothing of
 * plans. {@code -Dhaduck.plans=…} says how many logs, {@code -Dhaduck.seed=…} repeats a run.
 */
class RetentionPlanTest {
  private static final Instant BEGIN = Instant.parse("2026-11-20T09:30:00Z");
  private static final List<ZoneId> ZONES =
      List.of(ZoneId.of("UTC"), ZoneId.of("America/New_York"), ZoneId.of("Australia/Lord_Howe"));

  private long deleted;
  private long kept;
  private long sweeps;

  @Test
  void plans_ofRandomLogs_keepWhatTheySayAndNothingElse() {
    long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
    int plans = Integer.getInteger("haduck.plans", 600);
    for (int i = 0; i < plans; i++) {
      String what = "haduck.seed=" + seed + ", log " + i;
      try {
        sweepAgainAndAgain(new Random(seed * 1_000_003 + i));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(what + ": " + e.getMessage(), e);
      }
    }
    System.out.println(
        "PLANS "
            + plans
            + " logs, "
            + sweeps
            + " sweeps, "
            + kept
            + " states kept and read, "
            + deleted
            + " objects deleted; haduck.seed="
            + seed);
    assertThat(deleted).isGreaterThan(plans);
  }

  private void sweepAgainAndAgain(Random random) {
    var log = new SimulatedLog(random, BEGIN);
    NavigableMap<Long, LoggedState> existing = new TreeMap<>();
    List<NamedState> named = new ArrayList<>();
    Floors floors = Floors.NONE;
    int pace = 1 + random.nextInt(3000);
    for (int sweep = 0; sweep < 4; sweep++) {
      for (int i = 30 + random.nextInt(150); i > 0; i--) {
        log.append();
        log.pass(Duration.ofSeconds(random.nextInt(pace)));
      }
      log.pass(Duration.ofHours(random.nextInt(40)));
      existing.putAll(log.states.tailMap(existing.isEmpty() ? 0 : existing.lastKey(), false));
      rename(named, existing, random);
      RetentionPolicy policy = policy(random);
      var retained =
          Retention.select(policy, List.copyOf(existing.values()), floors, named, log.storeTime());
      assertThat(retained.states().keySet())
          .isEqualTo(
              expected(policy, List.copyOf(existing.values()), floors, named, log.storeTime()));
      floors = retained.floors();
      sweep(log, retained, random);
      existing = new TreeMap<>();
      for (Kept state : retained.states().values()) {
        existing.put(state.state().seq(), state.state());
      }
    }
  }

  private static void rename(
      List<NamedState> named, NavigableMap<Long, LoggedState> existing, Random random) {
    named.removeIf(name -> random.nextInt(3) == 0);
    List<Long> seqs = List.copyOf(existing.keySet());
    for (int i = random.nextInt(3); i > 0; i--) {
      named.add(new NamedState(seqs.get(random.nextInt(seqs.size())), "point p" + i));
    }
  }

  private static RetentionPolicy policy(Random random) {
    Map<Period, Integer> keep = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      if (random.nextInt(3) == 0) {
        keep.put(period, random.nextInt(6));
      }
    }
    return new RetentionPolicy(
        Duration.ofMinutes(random.nextInt(3000)),
        Duration.ofMinutes(random.nextInt(3000)),
        keep,
        ZONES.get(random.nextInt(ZONES.size())),
        1 + random.nextInt(3));
  }

  private void sweep(SimulatedLog log, RetainedStates retained, Random random) {
    retained.startingPoints().forEach(state -> log.snapshot(state.seq()));
    Set<String> needed = log.needed(retained);
    var deletions =
        new Deletions(log.head(), log.anchor(), log.storeTime(), SweepOptions.SHORTEST_GRACE);
    List<ReplicaObject> gone = deletions.of(List.copyOf(log.objects.values()), needed);
    gone.forEach(object -> log.objects.remove(object.key()));
    deleted += gone.size();
    sweeps++;
    Set<String> keys = log.objects.keySet();
    var reader = new SlowReader(log, keys);
    for (long seq : retained.states().keySet()) {
      assertThat(reader.restore(seq)).as("seq %d", seq).isEqualTo(log.truth.get(seq));
      kept++;
    }
    everythingLeftIsNeeded(log, retained, random);
  }

  /** Each of those that could go, were it not needed: without it something kept is lost. */
  private static void everythingLeftIsNeeded(
      SimulatedLog log, RetainedStates retained, Random random) {
    List<ReplicaObject> left = List.copyOf(log.objects.values());
    for (int i = 0; i < 5; i++) {
      ReplicaObject object = left.get(random.nextInt(left.size()));
      if (isProtected(object, log)) {
        continue;
      }
      Set<String> without = new HashSet<>(log.objects.keySet());
      without.remove(object.key());
      var reader = new SlowReader(log, without);
      assertThat(retained.states().keySet())
          .as("without %s", object)
          .anyMatch(seq -> reader.restore(seq) == null);
    }
  }

  private static boolean isProtected(ReplicaObject object, SimulatedLog log) {
    return object.modified().isAfter(log.storeTime().minus(1, ChronoUnit.HOURS).minusSeconds(1))
        || object.kind() == ReplicaObject.Kind.FENCE
        || (object.kind() == ReplicaObject.Kind.CHANGESET && object.seq() > log.head() - 100)
        || (object.kind() != ReplicaObject.Kind.CHANGESET && object.seq() >= log.anchor());
  }

  // --- the policy once more, slowly

  private static Set<Long> expected(
      RetentionPolicy policy,
      List<LoggedState> states,
      Floors floors,
      List<NamedState> named,
      Instant now) {
    NavigableSet<Long> checkpoints = new TreeSet<>();
    states.stream().filter(s -> s.kind() == Kind.CHECKPOINT).forEach(s -> checkpoints.add(s.seq()));
    NavigableSet<Long> all = new TreeSet<>();
    states.forEach(s -> all.add(s.seq()));
    long wal = base(checkpoints, all, old(states, policy.walWindow(), now));
    long whole = Math.min(wal, base(checkpoints, all, old(states, policy.window(), now)));
    wal = Math.max(wal, floors.walFrom());
    whole = Math.max(whole, floors.wholeFrom());
    Set<Long> expected = new TreeSet<>(all.tailSet(wal, true));
    expected.addAll(checkpoints.tailSet(whole, true));
    expected.add(whole);
    Long earlier = checkpoints.lower(whole);
    expected.add(earlier == null ? all.first() : earlier);
    expected.add(all.last());
    checkpoints.descendingSet().stream().limit(policy.minimum()).forEach(expected::add);
    for (Period period : Period.values()) {
      Map<String, Long> lastOf = new TreeMap<>();
      Map<String, Instant> begun = new TreeMap<>();
      for (LoggedState state : states) {
        if (state.kind() != Kind.EPOCH) {
          var start = period.startOf(state.time(), policy.zone());
          lastOf.put(start.toString(), state.seq());
          begun.put(start.toString(), start.toInstant());
        }
      }
      begun.entrySet().stream()
          .sorted(Map.Entry.<String, Instant>comparingByValue().reversed())
          .limit(policy.keep(period))
          .forEach(entry -> expected.add(lastOf.get(entry.getKey())));
    }
    named.forEach(name -> expected.add(name.seq()));
    return expected;
  }

  /** What was the current state when the window began. */
  private static long old(List<LoggedState> states, Duration window, Instant now) {
    long young =
        states.stream()
            .filter(state -> state.modified().plus(window).isAfter(now))
            .mapToLong(LoggedState::seq)
            .min()
            .orElse(Long.MAX_VALUE);
    return states.stream()
        .mapToLong(LoggedState::seq)
        .filter(seq -> seq < young)
        .max()
        .orElse(states.get(0).seq());
  }

  private static long base(NavigableSet<Long> checkpoints, NavigableSet<Long> all, long seq) {
    Long found = checkpoints.floor(seq);
    return found == null ? all.first() : found;
  }
}
