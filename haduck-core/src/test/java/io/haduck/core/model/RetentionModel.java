package io.haduck.core.model;

import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A replica with its manifest, processes that write to it, sweepers, creators of names, and a
 * reader. docs/internals/protocol-model.md says what is modelled.
 */
final class RetentionModel implements Model {
  private final RetentionRules rules;
  private final boolean alike;
  private final LogModel log;
  private final WriterSteps writers;
  private final CommitSteps commits;
  private final SweeperSteps sweepers;
  private final NameSteps names;
  private final ReaderSteps reader;
  private final int bytesOfLog;

  /** States from which sweepers were let run, without those that were there before. */
  private final StateSet sweptFrom;

  private final Set<RetentionLandmark> reached = EnumSet.noneOf(RetentionLandmark.class);
  private final Set<Landmark> reachedInLog = EnumSet.noneOf(Landmark.class);

  /**
   * A model.
   *
   * @param alike whether states are the same that differ in who is who; a trace is easier to read
   *     if not
   */
  RetentionModel(RetentionRules rules, boolean alike) {
    this.rules = rules;
    this.alike = alike;
    this.log = new LogModel(rules.log());
    this.writers = new WriterSteps(rules.log());
    this.commits = new CommitSteps(rules);
    this.sweepers = new SweeperSteps(rules);
    this.names = new NameSteps(rules);
    this.reader = new ReaderSteps(rules);
    this.bytesOfLog = log.initial().length;
    this.sweptFrom = new StateSet(new Replica(rules).encode().length);
  }

  /** Returns what has happened in any of the runs visited so far. */
  Set<RetentionLandmark> reached() {
    return reached;
  }

  @Override
  public byte[] initial() {
    var replica = new Replica(rules);
    if (rules.has(RetentionRules.Option.WRITTEN)) {
      replica.log.phase[1] = Phase.ENDED;
      for (int seq = 1; seq <= rules.log().seqs(); seq++) {
        replica.log.land(1, seq);
        replica.kind[seq] = Kind.of(seq, rules.kinds());
      }
    }
    return replica.encode();
  }

  Replica decode(byte[] state) {
    return Replica.decode(state, bytesOfLog, rules);
  }

  @Override
  public void successors(byte[] state, Steps steps) {
    Replica replica = decode(state);
    if (breach(replica) != null) {
      return;
    }
    var out = new Out(state, steps);
    for (int s = 1; s <= rules.log().sessions(); s++) {
      writers.add(replica.log, s, out);
    }
    commits.add(replica, out);
    for (int i = 0; i < rules.sweepers(); i++) {
      sweepers.add(replica, i, out);
    }
    for (int i = 0; i < rules.creators(); i++) {
      names.add(replica, i, out);
    }
    reader.add(replica, out);
  }

  /** Collects the steps out of a state. */
  private final class Out implements RetentionSteps {
    private final byte[] from;
    private final Steps steps;

    Out(byte[] from, Steps steps) {
      this.from = from;
      this.steps = steps;
    }

    @Override
    public void add(String who, String what, Consumer<World> change) {
      change(who, what, next -> change.accept(next.log));
    }

    @Override
    public void change(String who, String what, Consumer<Replica> change) {
      Replica next = decode(from);
      change.accept(next);
      canonical(next);
      steps.add(who, what, next.encode());
    }

    @Override
    public void reached(Landmark landmark) {
      reachedInLog.add(landmark);
    }

    @Override
    public void reached(RetentionLandmark landmark) {
      reached.add(landmark);
    }
  }

  // --- the same

  /** Makes states the same that differ only in what nobody will ever ask for. */
  private void canonical(Replica next) {
    boolean fences = !rules.has(RetentionMutation.SWEEP_EPOCHS);
    log.canonical(
        next.log, (world, seq) -> fences && next.kind[seq] == Kind.EPOCH && next.isThere(seq));
    for (Sweeper sweeper : next.sweepers) {
      if (sweeper.is(Sweeper.DELETES)) {
        canonical(next, sweeper);
      }
      // Who has written his manifest does not ask for newer ones, but for one reason.
      sweeper.outdated &=
          sweeper.is(Sweeper.PLANS)
              || (rules.has(RetentionRules.Option.MANIFESTS_GO) && !sweeper.is(Sweeper.RESTS));
    }
    if (alike) {
      Arrays.sort(next.sweepers, Comparator.comparingLong(RetentionModel::order));
      sortNames(next);
    }
  }

  /** A key that is gone and will never be there again is none to be deleted. */
  private void canonical(Replica next, Sweeper sweeper) {
    for (int seq = 1; seq <= next.log.head; seq++) {
      boolean comesAgain = next.log.key[seq] != 0;
      for (int s = 1; s <= rules.log().sessions(); s++) {
        comesAgain |= next.log.isSent(s, seq);
      }
      if (!comesAgain) {
        sweeper.doomed &= ~Replica.bit(seq);
      }
    }
    for (int s = 1; s < next.rollUp.length; s++) {
      if (!next.rollUpIsThere[s]) {
        sweeper.doomedSegments &= ~Replica.bit(s);
      }
    }
    if ((sweeper.doomed | sweeper.doomedSnapshots | sweeper.doomedSegments) == 0) {
      sweeper.rest();
    }
  }

  private static long order(Sweeper sweeper) {
    byte[] bytes = new byte[Sweeper.LENGTH];
    sweeper.encode(bytes, 0);
    long order = 0;
    for (byte b : bytes) {
      order = order << 8 | b;
    }
    return order;
  }

  private static void sortNames(Replica next) {
    for (int i = 1; i < next.name.length; i++) {
      for (int k = i; k > 0 && order(next, k - 1) > order(next, k); k--) {
        swap(next.name, k);
        swap(next.named, k);
      }
    }
  }

  private static int order(Replica next, int i) {
    return next.name[i] << 4 | next.named[i];
  }

  private static void swap(byte[] bytes, int k) {
    byte before = bytes[k - 1];
    bytes[k - 1] = bytes[k];
    bytes[k] = before;
  }

  // --- what must never be

  @Override
  public @Nullable Breach breach(byte[] state) {
    Breach breach = breach(decode(state));
    return breach == null && isNewToSweepers(state) ? afterSweeps(state) : breach;
  }

  /** What others have come to is the same to sweepers that run from here on. */
  private boolean isNewToSweepers(byte[] state) {
    Replica now = decode(state);
    for (Sweeper sweeper : now.sweepers) {
      sweeper.rest();
    }
    return sweptFrom.add(now.encode(), -1);
  }

  /** From here on sweepers run one after the other, and nobody else does anything. */
  private @Nullable Breach afterSweeps(byte[] state) {
    Replica now = decode(state);
    if (now.log.head == 0 || rules.log().hasClock()) {
      return null;
    }
    int newest = Math.max(now.floor, now.anchor(now.log.head));
    Breach breach = afterSweeps(now, Math.max(1, now.floor), now.kept);
    return breach == null ? afterSweeps(decode(state), newest, 0) : breach;
  }

  private @Nullable Breach afterSweeps(Replica now, int floor, int kept) {
    boolean first = sweepers.run(now, floor, kept);
    boolean ended = sweepers.run(now, floor, kept) && first;
    Breach breach = breach(now);
    if (breach == null && (!ended || Garbage.isIn(now))) {
      breach = Breach.GARBAGE_STAYS;
    }
    return breach;
  }

  private static @Nullable Breach breach(Replica replica) {
    if (replica.log.breach != null) {
      return replica.log.breach;
    }
    int held = replica.held();
    for (int seq = 1; seq <= replica.log.head; seq++) {
      boolean kept = replica.isKept(seq) || Replica.has(held, seq);
      if (kept && !Needs.canRead(replica, seq)) {
        return Breach.KEPT_IS_LOST;
      }
    }
    return null;
  }

  @Override
  public String text(byte[] state) {
    Replica replica = decode(state);
    String text = replica.text();
    if (replica.log.breach != null) {
      return text;
    }
    Breach breach = breach(replica);
    if (breach != null) {
      return text + " => " + breach;
    }
    breach = afterSweeps(state);
    return breach == null ? text : text + " => after two sweeps, " + breach;
  }
}
