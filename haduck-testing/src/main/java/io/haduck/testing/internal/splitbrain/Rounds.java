package io.haduck.testing.internal.splitbrain;

import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Many rounds, each with a seed of its own. {@code -Dhaduck.rounds=…} says how many, {@code
 * -Dhaduck.seed=…} repeats them, and {@code -Dhaduck.round=…} plays one of them alone.
 */
public final class Rounds {
  private Rounds() {}

  /**
   * Plays them.
   *
   * @param usual how many, if nobody says
   * @param longest after so long no other one is begun, if nobody says how many
   * @param stores an empty one for each round
   */
  public static Figures play(int usual, Duration longest, IntFunction<ObjectStore> stores) {
    return play(usual, longest, stores, Set.of(), false);
  }

  /** The same on stores that are slow: each round asks less of them. */
  public static Figures playBriefly(int usual, Duration longest, IntFunction<ObjectStore> stores) {
    return play(usual, longest, stores, Set.of(), true);
  }

  /**
   * Plays rounds with one kind of trouble, and leases.
   *
   * @param trouble by its name
   */
  public static Figures playOnly(String trouble, int usual, Duration longest) {
    return play(
        usual, longest, round -> new MemoryReplica(), Set.of(Trouble.valueOf(trouble)), false);
  }

  private static Figures play(
      int usual,
      Duration longest,
      IntFunction<ObjectStore> stores,
      Set<Trouble> troubles,
      boolean brief) {
    long seed = Long.getLong("haduck.seed", new Random().nextInt(1_000_000));
    Integer alone = Integer.getInteger("haduck.round");
    Integer asked = Integer.getInteger("haduck.rounds");
    int rounds = asked == null ? usual : asked;
    var all = new Figures();
    long begun = System.nanoTime();
    for (int round = alone == null ? 0 : alone; round < rounds || alone != null; round++) {
      try (ObjectStore store = stores.apply(round)) {
        all.add(new Round(seed * 1_000_003 + round, store, troubles, brief).play());
      } catch (AssertionError e) {
        throw new AssertionError(
            "-Dhaduck.seed=" + seed + " -Dhaduck.round=" + round + ": " + e.getMessage(), e);
      }
      boolean enough = asked == null && System.nanoTime() - begun > longest.toNanos();
      if (alone != null || enough) {
        break;
      }
    }
    System.out.println("SPLIT BRAIN -Dhaduck.seed=" + seed + ", " + all);
    return all;
  }
}
