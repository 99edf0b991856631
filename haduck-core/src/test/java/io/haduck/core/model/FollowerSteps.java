package io.haduck.core.model;

/** What a follower does: begins at the head, polls the next key, and lists. */
final class FollowerSteps {
  private static final String WHO = "follower";

  private final LogRules rules;

  FollowerSteps(LogRules rules) {
    this.rules = rules;
  }

  void add(World world, LogSteps steps) {
    if (rules.follower() == FollowerRule.NONE) {
      return;
    }
    switch (world.follower) {
      case 0 -> {
        if (world.head > 0) {
          steps.add(
              WHO,
              "begins: LIST",
              next -> {
                next.follower = 1;
                next.read = next.head;
              });
        }
      }
      case 1 -> steps.add(WHO, "GET " + world.read, next -> readFirst(next, steps));
      default -> {
        int seq = world.read + 1;
        if (seq <= rules.seqs()) {
          steps.add(WHO, "GET " + seq, next -> poll(next, steps));
        }
        steps.add(WHO, "LIST", next -> list(next, steps));
      }
    }
  }

  private void readFirst(World world, LogSteps steps) {
    if (world.key[world.read] == 0) {
      beginAnew(world, steps);
      return;
    }
    world.follower = 2;
    read(world, steps);
  }

  private void poll(World world, LogSteps steps) {
    int seq = world.read + 1;
    int found = world.key[seq];
    if (found == 0) {
      if (isYoung(world)) {
        world.followerAge = 0;
      }
      return;
    }
    if (world.parent(found, seq) != world.readOwner) {
      beginAnew(world, steps);
      return;
    }
    world.torn |= world.parent(found, seq) != world.readOwner;
    world.read = seq;
    read(world, steps);
  }

  private void read(World world, LogSteps steps) {
    world.readOwner = world.key[world.read];
    boolean data = world.isData(world.readOwner, world.read);
    boolean believes =
        switch (rules.follower()) {
          case NONE -> false;
          case TRUSTS_PARENT -> data || world.followed > 0;
          case LISTS_BEFORE -> data || world.followed == 0;
          case LISTS_AFTER_A_PAUSE, LISTS_WHEN_BEHIND -> world.followed > 0 && isYoung(world);
          case LISTS_OPENINGS -> data;
        };
    if (believes) {
      if (rules.follower() == FollowerRule.LISTS_AFTER_A_PAUSE) {
        world.followerAge = 0;
      }
      believe(world, steps);
    }
  }

  private void list(World world, LogSteps steps) {
    if (world.head == world.read) {
      world.followerAge = 0;
      believe(world, steps);
    } else if (world.key[world.read + 1] == 0) {
      beginAnew(world, steps);
    }
  }

  private static void believe(World world, LogSteps steps) {
    if (world.followed > 0 && world.read > world.followed) {
      steps.reached(Landmark.FOLLOWED);
    }
    world.followed = world.read;
    if (world.torn || world.history[world.read] != world.readOwner) {
      world.breach = Breach.FOLLOWER_IS_ASTRAY;
    }
  }

  private static void beginAnew(World world, LogSteps steps) {
    steps.reached(Landmark.FOLLOWER_BEGAN_ANEW);
    world.follower = 0;
    world.followed = 0;
    world.read = 0;
    world.readOwner = 0;
    world.followerAge = 0;
    world.torn = false;
  }

  private boolean isYoung(World world) {
    return world.followerAge <= rules.believedFor();
  }
}
