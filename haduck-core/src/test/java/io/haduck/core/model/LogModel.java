package io.haduck.core.model;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The log of a replica, processes that open it and write, a sweeper, and a follower. What each of
 * them does is in a class of its own. docs/internals/protocol-model.md says what is modelled, and
 * why what is not does not matter.
 */
final class LogModel implements Model {
  private final LogRules rules;
  private final WriterSteps writers;
  private final StoreSteps store;
  private final FollowerSteps follower;
  private final Set<Landmark> reached = EnumSet.noneOf(Landmark.class);

  LogModel(LogRules rules) {
    this.rules = rules;
    this.writers = new WriterSteps(rules);
    this.store = new StoreSteps(rules);
    this.follower = new FollowerSteps(rules);
  }

  /** Returns what has happened in any of the runs visited so far. */
  Set<Landmark> reached() {
    return reached;
  }

  @Override
  public byte[] initial() {
    return new World(rules.sessions(), rules.seqs()).encode();
  }

  World decode(byte[] state) {
    return World.decode(state, rules.sessions(), rules.seqs());
  }

  @Override
  public void successors(byte[] state, Steps steps) {
    World world = decode(state);
    if (world.breach != null) {
      return;
    }
    LogSteps out =
        new LogSteps() {
          @Override
          public void add(String who, String what, Consumer<World> change) {
            World next = decode(state);
            change.accept(next);
            canonical(next, store::isKeptForEver);
            steps.add(who, what, next.encode());
          }

          @Override
          public void reached(Landmark landmark) {
            reached.add(landmark);
          }
        };
    for (int session = 1; session <= rules.sessions(); session++) {
      writers.add(world, session, out);
    }
    store.add(world, out);
    follower.add(world, out);
  }

  /**
   * Makes states the same that differ only in what nobody will ever ask for.
   *
   * @param keptForEver whether the key of a seq, which is there, will never be deleted
   */
  void canonical(World world, BiPredicate<World, Integer> keptForEver) {
    for (int s = 1; s <= rules.sessions(); s++) {
      switch (world.phase[s]) {
        case IDLE, LOADED, ENDED -> {
          world.at[s] = 0;
          world.owner[s] = 0;
          world.age[s] = 0;
          world.landed[s] = false;
        }
        default -> {}
      }
      if (!world.landed[s]) {
        world.stamp[s] = 0;
        world.fresh[s] &= rules.has(Mutation.AGE_AT_SENDING);
      }
      for (int seq = 1; seq <= world.head; seq++) {
        // No PUT lands on a key that is never deleted.
        if (world.key[seq] != s && world.history[seq] != s && keptForEver.test(world, seq)) {
          world.sent[s][seq] = 0;
        }
      }
    }
    for (int seq = 1; seq <= world.head; seq++) {
      if (world.key[seq] == 0 || keptForEver.test(world, seq)) {
        world.keyAge[seq] = 0;
      }
    }
  }

  @Override
  public @Nullable Breach breach(byte[] state) {
    return decode(state).breach;
  }

  @Override
  public String text(byte[] state) {
    return decode(state).text();
  }
}
