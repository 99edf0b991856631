package io.haduck.core.model;

/**
 * What a reader does that goes for a state above the floor, whose digest no manifest has: it reads
 * the key, and then the newest manifest. Whether what it reads is there is asked in each state.
 * Here is whether it is right, so that a reader matters only once it has read what never was in the
 * history.
 */
final class ReaderSteps {
  private static final String WHO = "reader";

  private final RetentionRules rules;

  ReaderSteps(RetentionRules rules) {
    this.rules = rules;
  }

  void add(Replica replica, RetentionSteps steps) {
    if (replica.stray != 0) {
      steps.change(WHO, "reads manifest", ReaderSteps::judge);
      return;
    }
    if (rules.has(RetentionMutation.READ_THE_MANIFEST_FIRST)) {
      for (int seq = 1; seq <= replica.log.head; seq++) {
        int at = seq;
        if (replica.wanted == 0 && seq >= replica.floor) {
          steps.change(WHO, "finds that there is " + seq, next -> next.wanted = at);
        }
      }
      if (replica.wanted != 0 && replica.isStray(replica.wanted)) {
        steps.change(WHO, "GET " + replica.wanted, ReaderSteps::isAstray);
      }
      return;
    }
    for (int seq = 1; seq <= replica.log.head; seq++) {
      int at = seq;
      if (replica.isStray(seq)) {
        steps.reached(RetentionLandmark.READER_MET_A_STRAY);
        boolean believes = rules.has(RetentionMutation.IGNORE_THE_FLOOR);
        steps.change(
            WHO,
            "GET " + seq,
            next -> {
              next.stray = at;
              if (believes) {
                isAstray(next);
              }
            });
      }
    }
  }

  /** Below the floor, a manifest has the digest of what it keeps, and that is another. */
  private static void judge(Replica next) {
    if (next.stray >= next.floor) {
      isAstray(next);
    } else {
      next.stray = 0;
    }
  }

  private static void isAstray(Replica next) {
    next.log.breach = Breach.READER_IS_ASTRAY;
  }
}
