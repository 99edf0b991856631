package io.haduck.core.internal.sweep;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.KeptState;
import io.haduck.core.internal.kept.KeptStates;
import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.kept.NameRecord;
import io.haduck.core.internal.kept.Names;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.retention.Announcement;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.PolicyInForce;
import io.haduck.core.internal.retention.ReplicaObject;
import io.haduck.core.internal.retention.RetainedStates;
import io.haduck.core.internal.retention.Retention;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.RetainedState;
import io.haduck.core.retention.RetentionPolicy;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One sweep of one replica, by its writer or by anybody else: any number may run at a time, and
 * each may stand still anywhere for any time (docs/internals/retention.md). For one thread.
 */
public final class Sweep {
  /** So many newly expired changesets are looked at before they are given up; more if need be. */
  private static final int MOST_EXPIRED = 100_000;

  private static final int MOST_TRIES = 20;

  private final ObjectStore store;
  private final SweepOptions options;
  private final Retries retries;
  private final BooleanSupplier ended;
  private final ReplicationLog replicationLog;
  private final Manifests manifests;
  private final Names names;
  private final PacedDeletes deletes;
  private final SweepTime time;
  private final boolean dryRun;
  private Instant agedTo = Instant.MAX;
  private int most;

  /**
   * A sweep of the replica that a store is scoped to.
   *
   * @param retries of what the store does not answer
   * @param ended whether this is to end before its time
   */
  public Sweep(
      ObjectStore store,
      SweepOptions options,
      Retries retries,
      Ticker ticker,
      BooleanSupplier ended) {
    this(store, options, retries, ticker, ended, MOST_EXPIRED);
  }

  Sweep(
      ObjectStore store,
      SweepOptions options,
      Retries retries,
      Ticker ticker,
      BooleanSupplier ended,
      int most) {
    this.store = store;
    this.options = options;
    this.retries = retries;
    this.ended = ended;
    this.replicationLog = new ReplicationLog(store);
    this.manifests = new Manifests(store, retries);
    this.names = new Names(store, manifests, retries);
    this.deletes = new PacedDeletes(store, retries, ticker, ended);
    this.time = new SweepTime(store, retries);
    this.dryRun = options.mode() == GarbageCollection.DRY_RUN;
    this.most = most;
  }

  /** What became of one round. */
  private enum Round {
    DONE,
    MORE,
    OVERTAKEN
  }

  private @Nullable SweepReport report;

  /** The store's time is that at least, as an answer to a write has told. */
  public Sweep notBefore(Instant storeTime) {
    time.notBefore(storeTime);
    return this;
  }

  /** Nothing is taken to have grown old later than then: see {@link SweepTime#agedTo}. */
  public Sweep agedTo(Instant time) {
    agedTo = time;
    return this;
  }

  /**
   * Sweeps.
   *
   * @return empty if there is no log
   * @throws CorruptDataException if something that is kept cannot be read: then nothing is deleted
   * @throws UnavailableException if the store does not answer, or this was ended
   * @throws io.haduck.core.StoreAccessException if the store does not let this delete
   */
  public Optional<SweepReport> run() {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      Round round = round();
      if (round == Round.DONE) {
        return Optional.ofNullable(report);
      }
      tries = round == Round.MORE ? -1 : tries;
    }
    throw new UnavailableException("others sweep " + store + " all the time; nothing is deleted");
  }

  private Round round() {
    goOn();
    Optional<Manifest> newest = manifests.newest();
    Manifest before = newest.orElse(null);
    Instant now = time.now();
    Instant aged = now.isAfter(agedTo) ? agedTo : now;
    PolicyInForce policy = policy(before, now);
    if (before != null && policy.announced() != null && policy.equals(before.policy())) {
      long head = replicationLog.lastSeq(before.head().seq());
      report = report(before, before, head, List.of(), List.of(), Duration.ZERO, now, aged);
      return Round.DONE; // another manifest would begin the hour anew
    }
    var surveyor = new Surveyor(store, replicationLog, retries, most);
    var needs = new Needs(store, replicationLog, retries, names, dryRun, this::goOn);
    Survey survey;
    Manifest next;
    List<LogPosition> points;
    try {
      survey = surveyor.look(before, policy.policy(), aged).orElse(null);
      if (survey == null) {
        return Round.DONE;
      }
      next = plan(needs, before, survey, policy, now, aged);
      if (survey.more() && before != null && next.floors().equals(before.floors())) {
        // None of them is a checkpoint that the window can begin with; nor would it be next time.
        most += Math.min(most, Integer.MAX_VALUE - most);
        return Round.MORE;
      }
      points = needs.startingPoints(before, next, survey);
    } catch (CorruptDataException | MissingObjectException e) {
      if (before == null ? manifests.newest().isPresent() : manifests.isOvertaken(before)) {
        return Round.OVERTAKEN; // somebody else has deleted it meanwhile
      }
      throw e;
    }
    if (!dryRun && !manifests.create(before, next)) {
      return Round.OVERTAKEN;
    }
    List<NameRecord> named;
    List<ReplicaObject> deletions;
    try {
      named = needs.named(before, next, options.grace());
      deletions = needs.deletions(next, points, named, survey, aged);
    } catch (CorruptDataException | MissingObjectException e) {
      if (manifests.isOvertaken(next)) {
        return Round.OVERTAKEN;
      }
      throw e;
    }
    boolean all =
        dryRun
            || deletes.run(
                deletions,
                () -> {
                  goOn();
                  return !manifests.isOvertaken(next);
                });
    if (all && !dryRun) {
      new OldManifests(store, retries).delete(next, aged, options.grace());
    }
    report = report(before, next, survey.head().seq(), named, deletions, survey.ahead(), now, aged);
    boolean moved = before == null || next.floors().walFrom() > before.floors().walFrom();
    return !all ? Round.OVERTAKEN : survey.more() && moved && !dryRun ? Round.MORE : Round.DONE;
  }

  private void goOn() {
    if (ended.getAsBoolean() || Thread.currentThread().isInterrupted()) {
      throw new UnavailableException("the sweep of " + store + " was ended before its time");
    }
  }

  private PolicyInForce policy(@Nullable Manifest before, Instant now) {
    Instant written = before == null ? null : time.written(before).orElse(null);
    boolean future = written != null && SweepTime.isFuture(written, now);
    boolean ripe = written != null && !written.isAfter(now.minus(Announcement.AHEAD));
    PolicyInForce known = before == null ? null : before.policy();
    PolicyInForce next =
        PolicyInForce.next(
            future && known != null ? known.announcedAt(now) : known, options.policy(), ripe, now);
    Announcement announced = next.announced();
    // A dry run says what comes of it in the end, and not that nothing would go the first time.
    return dryRun && announced != null ? new PolicyInForce(announced.policy(), null) : next;
  }

  private Manifest plan(
      Needs needs,
      @Nullable Manifest before,
      Survey survey,
      PolicyInForce policy,
      Instant now,
      Instant aged) {
    Floors known = before == null ? Floors.NONE : before.floors();
    RetainedStates plan =
        Retention.select(policy.policy(), survey.logged(), known, List.of(), aged);
    Floors floors = plan.floors();
    boolean marks = before == null && !dryRun;
    boolean everything = marks || floors.walFrom() == survey.states().firstKey();
    boolean readable =
        isCheckpoint(survey, floors.wholeFrom()) && isCheckpoint(survey, floors.walFrom());
    if (everything || !readable) {
      floors = known;
    }
    NavigableMap<Long, KeptState> listed =
        KeptStates.listed(
            new RetainedStates(plan.states(), floors),
            List.of(),
            before,
            seq -> needs.position(survey, seq).digest());
    return new Manifest(
        before == null ? 1 : before.number() + 1,
        survey.lineage(),
        survey.head(),
        now,
        policy,
        options.grace(),
        floors,
        listed,
        fences(before, survey, floors));
  }

  /** Once read, none is read again. */
  private static NavigableSet<Long> fences(
      @Nullable Manifest before, Survey survey, Floors floors) {
    NavigableSet<Long> fences = new TreeSet<>(before == null ? Set.of() : before.fences());
    survey
        .states()
        .headMap(floors.walFrom(), false)
        .forEach(
            (seq, state) -> {
              if (state.logged().kind() == LoggedState.Kind.EPOCH) {
                fences.add(seq);
              }
            });
    return fences;
  }

  private static boolean isCheckpoint(Survey survey, long seq) {
    Survey.State state = survey.states().get(seq);
    return state != null && state.logged().kind() == LoggedState.Kind.CHECKPOINT;
  }

  private SweepReport report(
      @Nullable Manifest before,
      Manifest next,
      long head,
      List<NameRecord> named,
      List<ReplicaObject> deletions,
      Duration ahead,
      Instant now,
      Instant aged) {
    NavigableMap<Long, RetainedState> retained = new TreeMap<>();
    next.states()
        .forEach(
            (seq, state) ->
                retained.put(seq, new RetainedState(seq, state.time(), state.reasons())));
    for (NameRecord name : named) {
      RetainedState other = retained.get(name.position().seq());
      List<String> reasons = new ArrayList<>(other == null ? List.of() : other.reasons());
      reasons.add(name.reason());
      retained.put(
          name.position().seq(), new RetainedState(name.position().seq(), name.time(), reasons));
    }
    Set<Long> dropped = new TreeSet<>(before == null ? Set.of() : before.states().keySet());
    dropped.removeAll(retained.keySet());
    dropped.removeIf(seq -> seq >= next.floors().walFrom());
    Announcement announced = next.policy().announced();
    Announcement known = before == null ? null : before.policy().announced();
    RetentionPolicy policy = next.policy().policy();
    RetentionPolicy withdrawn =
        known == null || known.equals(announced) || known.policy().equals(policy)
            ? null
            : known.policy();
    return new SweepReport(
        now,
        dryRun,
        head,
        policy,
        before == null ? RetentionPolicy.EVERYTHING : before.policy().policy(),
        announced == null ? null : announced.policy(),
        announced == null ? null : announced.from(),
        withdrawn,
        next.floors().wholeFrom(),
        next.floors().walFrom(),
        List.copyOf(retained.values()),
        List.copyOf(dropped),
        dryRun ? deletions.size() : deletes.deleted(),
        dryRun ? deletions.stream().mapToLong(ReplicaObject::length).sum() : deletes.bytes(),
        store.keepsDeleted(),
        ahead,
        aged);
  }
}
