package io.haduck.core.model;

import java.util.function.Consumer;

/**
 * What a process does that opens the log and writes to it.
 *
 * <p>To crash or to be paused is to do nothing from some moment on, or for a while, which no step
 * has to say. Whatever a process can do without anybody seeing it, it does at once: a PUT is sent
 * as soon as it can be, since it lands at any time after that.
 */
final class WriterSteps {
  private final LogRules rules;
  private final String[] names;

  WriterSteps(LogRules rules) {
    this.rules = rules;
    this.names = new String[rules.sessions() + 1];
    for (int s = 1; s < names.length; s++) {
      names[s] = World.name(s);
    }
  }

  void add(World world, int s, LogSteps steps) {
    switch (world.phase[s]) {
      case IDLE -> {
        // Those who have not begun are alike: the next one is the first of them.
        if (s == 1 || world.phase[s - 1] != Phase.IDLE) {
          steps.add(names[s], "LIST", next -> list(next, s));
        }
      }
      case LISTED -> steps.add(names[s], "GET " + world.at[s], next -> load(next, s));
      case OPENING -> opening(world, s, steps);
      case WRITING -> writing(world, s, steps);
      case LOADED, ENDED -> {}
    }
    if (rules.has(Mutation.LEASE_CONFIRMS) && world.age[s] > 0) {
      steps.add(names[s], "the lease says yes", next -> next.age[s] = 0);
    }
  }

  // --- opening

  private void list(World world, int s) {
    world.at[s] = (byte) world.head;
    world.age[s] = 0;
    world.phase[s] = Phase.LISTED;
    if (world.head == 0) {
      load(world, s);
    }
  }

  private void load(World world, int s) {
    int at = world.at[s];
    world.owner[s] = world.key[at];
    if (at > 0 && world.key[at] == 0) {
      world.phase[s] = Phase.IDLE;
    } else if (!rules.leaseSaysYes() || at == rules.seqs()) {
      world.phase[s] = Phase.LOADED;
    } else if (at > 0 && rules.has(Mutation.SKIP_EPOCH)) {
      write(world, s);
    } else {
      world.sendOpening(s, at + 1, world.owner[s]);
      waitFor(world, s, Phase.OPENING);
    }
  }

  private void opening(World world, int s, LogSteps steps) {
    int seq = world.at[s] + 1;
    if (!world.landed[s]) {
      lookAtRival(world, s, Landmark.OPENING_TAKEN, steps);
      return;
    }
    steps.add(
        names[s],
        "created " + seq + ", LIST",
        next -> {
          if (next.head == seq) {
            next.age[s] = 0;
            begin(next, s, steps);
          } else {
            end(next, s, Landmark.OPENING_NOT_AT_THE_HEAD, steps);
          }
        });
    if (rules.has(
        world.owner[s] == 0 ? Mutation.NO_LIST_AFTER_BASE : Mutation.NO_LIST_AFTER_EPOCH)) {
      believe(world, s, next -> begin(next, s, steps), steps);
    }
  }

  /** Becomes the writer. Who waits for the first BASE is told that it is safe. */
  private void begin(World world, int s, LogSteps steps) {
    if (world.owner[s] == 0) {
      acknowledge(world, s, steps);
    } else {
      proceed(world, s);
    }
  }

  // --- writing

  private void writing(World world, int s, LogSteps steps) {
    int seq = world.at[s] + 1;
    if (!world.landed[s]) {
      lookAtRival(world, s, Landmark.FENCED_BY_ITS_APPEND, steps);
      look(world, s, steps);
      return;
    }
    believe(world, s, next -> acknowledge(next, s, steps), steps);
    steps.add(
        names[s],
        "created " + seq + ", LIST",
        next -> {
          if (next.head == seq) {
            next.age[s] = 0;
            acknowledge(next, s, steps);
          } else {
            end(next, s, Landmark.FENCED_BY_A_LIST, steps);
          }
        });
  }

  /** The look at the log when nothing is to be written. */
  private void look(World world, int s, LogSteps steps) {
    int seq = world.at[s] + 1;
    boolean nextOnly = rules.has(Mutation.LOOK_AT_NEXT_KEY);
    boolean overtaken = nextOnly ? seq <= rules.seqs() && world.key[seq] != 0 : world.head >= seq;
    if (overtaken) {
      steps.add(
          names[s],
          "at rest, finds the log longer",
          next -> end(next, s, Landmark.FENCED_BY_A_LIST, steps));
    } else if (world.age[s] > 0) {
      steps.add(
          names[s],
          nextOnly ? "at rest, GET " + seq + " finds nothing" : "at rest, LIST ends with its own",
          next -> next.age[s] = 0);
    }
  }

  // --- the answer to a PUT

  /**
   * Takes what was created for good, without a LIST. Either the store says that it created it, or
   * that answer was lost, and after the next one the object is read back.
   */
  private void believe(World world, int s, Consumer<World> then, LogSteps steps) {
    int seq = world.at[s] + 1;
    if (!rules.hasClock() || world.fresh[s]) {
      steps.add(
          names[s],
          "created " + seq + ", believes it",
          next -> {
            next.age[s] = next.stamp[s];
            then.accept(next);
          });
    }
    boolean readBack = rules.hasClock() && world.key[seq] == s;
    boolean confirms = rules.has(Mutation.READING_BACK_CONFIRMS);
    if (readBack && (confirms ? world.age[s] <= rules.believedFor() : world.fresh[s])) {
      steps.reached(Landmark.OWN_CHANGESET_READ_BACK);
      steps.add(
          names[s],
          "GET " + seq + " finds its own, believes it",
          next -> {
            // Nobody knows when it was created: the confirmation stays as old as it was.
            next.age[s] = confirms ? 0 : next.age[s];
            then.accept(next);
          });
    }
  }

  private void lookAtRival(World world, int s, Landmark landmark, LogSteps steps) {
    int seq = world.at[s] + 1;
    if (seq <= rules.seqs() && world.key[seq] != 0) {
      steps.add(names[s], "finds " + seq + " taken", next -> end(next, s, landmark, steps));
    }
  }

  private void acknowledge(World world, int s, LogSteps steps) {
    int seq = world.at[s] + 1;
    steps.reached(Landmark.ACKNOWLEDGED);
    if (seq > 1 && world.history[1] != s) {
      steps.reached(Landmark.ACKNOWLEDGED_BY_A_SUCCESSOR);
    }
    if (world.history[seq] != s) {
      world.breach =
          isFenced(world, s, seq) ? Breach.FENCED_IS_ACKNOWLEDGED : Breach.ACKNOWLEDGED_IS_MISSING;
    }
    proceed(world, s);
  }

  /** Returns whether another's EPOCH is in the history where this session went on. */
  private static boolean isFenced(World world, int s, int seq) {
    for (int k = seq; k > 0 && world.history[k] != s; k--) {
      if (world.isEpoch(world.history[k], k)) {
        return true;
      }
    }
    return false;
  }

  // --- phases

  private void proceed(World world, int s) {
    world.at[s]++;
    world.owner[s] = (byte) s;
    write(world, s);
  }

  private void write(World world, int s) {
    int seq = world.at[s] + 1;
    if (seq <= rules.seqs()) {
      world.sendData(s, seq, world.owner[s]);
    }
    waitFor(world, s, Phase.WRITING);
  }

  private void waitFor(World world, int s, Phase phase) {
    world.phase[s] = phase;
    world.landed[s] = false;
    world.fresh[s] = rules.has(Mutation.AGE_AT_SENDING) && world.age[s] <= rules.believedFor();
  }

  private static void end(World world, int s, Landmark landmark, LogSteps steps) {
    steps.reached(landmark);
    world.phase[s] = Phase.ENDED;
  }
}
