package io.haduck.core.model;

/** What whoever makes points and pins does: writes the name, then reads the newest manifest. */
final class NameSteps {
  private final RetentionRules rules;

  NameSteps(RetentionRules rules) {
    this.rules = rules;
  }

  void add(Replica replica, int i, RetentionSteps steps) {
    String who = "creator " + (i + 1);
    int seq = replica.named[i];
    switch (replica.name[i]) {
      case Replica.NO_NAME -> begin(replica, i, who, steps);
      case Replica.INTENDED -> steps.change(who, "names " + seq, next -> hold(next, i, steps));
      case Replica.CREATING -> steps.change(who, "reads manifest", next -> look(next, i, steps));
      default -> steps.change(who, "deletes the name", next -> set(next, i, Replica.NO_NAME, 0));
    }
  }

  /** Whatever it names was there when it chose that, long ago: each state was the head once. */
  private void begin(Replica replica, int i, String who, RetentionSteps steps) {
    for (int seq = 1; seq <= replica.log.head; seq++) {
      int at = seq;
      if (!rules.has(RetentionMutation.LOOK_BEFORE_THE_NAME)) {
        steps.change(who, "names " + seq, next -> set(next, i, Replica.CREATING, at));
      } else if (replica.isKept(seq)) {
        steps.change(who, "finds " + seq, next -> set(next, i, Replica.INTENDED, at));
      }
    }
  }

  private void look(Replica next, int i, RetentionSteps steps) {
    int seq = next.named[i];
    if (next.isKept(seq) || rules.has(RetentionMutation.NAME_WITHOUT_A_LOOK)) {
      hold(next, i, steps);
    } else if (isNamedByAnother(next, i)) {
      steps.reached(RetentionLandmark.NAMED_STATE_NAMED_AGAIN);
      hold(next, i, steps);
    } else {
      steps.reached(RetentionLandmark.NAME_REFUSED);
      next.name[i] = Replica.REFUSED;
    }
  }

  /** A state that no manifest has any more may be named again while another name is held. */
  private boolean isNamedByAnother(Replica next, int i) {
    boolean any = rules.has(RetentionMutation.TRUST_A_NAME_IN_THE_MAKING);
    for (int other = 0; other < next.name.length; other++) {
      boolean counts =
          next.name[other] == Replica.HELD || (any && next.name[other] == Replica.CREATING);
      if (other != i && counts && next.named[other] == next.named[i]) {
        return true;
      }
    }
    return false;
  }

  private static void hold(Replica next, int i, RetentionSteps steps) {
    steps.reached(RetentionLandmark.NAME_HELD);
    next.name[i] = Replica.HELD;
  }

  private static void set(Replica next, int i, int name, int seq) {
    next.name[i] = (byte) name;
    next.named[i] = (byte) seq;
  }
}
