package io.haduck.core.model;

/**
 * What happens in the store: PUTs land, each at any time after it was sent, any number of times or
 * never; keys are swept, each by itself; time passes.
 */
final class StoreSteps {
  private final LogRules rules;
  private final boolean sweepsEpochs;
  private final boolean sweepsYoung;
  private final boolean ageAtSending;

  StoreSteps(LogRules rules) {
    this.rules = rules;
    this.sweepsEpochs = rules.has(Mutation.SWEEP_EPOCHS);
    this.sweepsYoung = !rules.hasClock() || rules.has(Mutation.SWEEP_YOUNG_KEYS);
    this.ageAtSending = rules.has(Mutation.AGE_AT_SENDING);
  }

  /** Returns whether the key of this seq will never be deleted. */
  boolean isKeptForEver(World world, int seq) {
    return !sweepsEpochs && world.key[seq] != 0 && world.isEpoch(world.key[seq], seq);
  }

  void add(World world, LogSteps steps) {
    for (int seq = 1; seq <= rules.seqs(); seq++) {
      int at = seq;
      if (world.key[seq] == 0) {
        for (int s = 1; s <= rules.sessions(); s++) {
          if (world.isSent(s, seq)) {
            int session = s;
            steps.add("store", landing(s, seq), next -> land(next, session, at, steps));
          }
        }
      } else if (isSwept(world, seq)) {
        steps.reached(Landmark.SWEPT);
        steps.add("sweeper", "deletes " + seq, next -> next.key[at] = 0);
      }
    }
    if (rules.hasClock()) {
      steps.add("time", "passes", next -> tick(next, rules.believedFor() + 1));
    }
  }

  static String landing(int session, int seq) {
    return "a PUT of " + World.name(session) + " creates " + seq;
  }

  private boolean isSwept(World world, int seq) {
    return seq < world.head
        && !isKeptForEver(world, seq)
        && (sweepsYoung || world.keyAge[seq] > rules.believedFor());
  }

  /** The PUT of a session creates a key. */
  void land(World world, int session, int seq, LogSteps steps) {
    world.key[seq] = (byte) session;
    world.keyAge[seq] = 0;
    if (world.at[session] + 1 == seq && !world.landed[session] && waits(world.phase[session])) {
      world.landed[session] = true;
      world.stamp[session] = 0;
      if (!ageAtSending) {
        world.fresh[session] = world.age[session] <= rules.believedFor();
      }
    }
    if (seq > world.head) {
      if (seq != world.head + 1 || world.parent(session, seq) != world.history[seq - 1]) {
        world.breach = Breach.HISTORY_FORKS;
      }
      world.head = seq;
      world.history[seq] = (byte) session;
    } else if (world.history[seq] != session) {
      steps.reached(Landmark.LANDED_IN_A_HOLE);
    }
  }

  private static boolean waits(Phase phase) {
    return phase == Phase.OPENING || phase == Phase.WRITING;
  }

  /**
   * Time passes. All that is older than a bound is the same.
   *
   * @param oldestKey bound for keys
   */
  void tick(World world, int oldestKey) {
    int oldest = rules.believedFor() + 1;
    for (int seq = 1; seq <= world.head; seq++) {
      world.keyAge[seq] = older(world.keyAge[seq], oldestKey);
    }
    for (int s = 1; s <= rules.sessions(); s++) {
      world.age[s] = older(world.age[s], oldest);
      world.stamp[s] = older(world.stamp[s], oldest);
    }
    if (world.follower > 0 && rules.follower().hasClock()) {
      world.followerAge = older((byte) world.followerAge, oldest);
    }
  }

  private static byte older(byte age, int oldest) {
    return (byte) Math.min(age + 1, oldest);
  }
}
