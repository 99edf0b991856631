package io.haduck.core.model;

/**
 * What one process knows of the lease, and what it has on its way to the store: one request that it
 * waits for, and those that it does not wait for any more.
 */
final class LeaseProcess {
  /** Takes no part. */
  static final int OUT = 0;

  /** Has seen another's lease with a knock, and counts. */
  static final int WATCHING = 1;

  /** Holds the lease, as far as it knows. */
  static final int HOLDING = 2;

  /** Does not know whether it holds it: there was no answer. */
  static final int TAKING = 3;

  static final int NOTHING = 0;
  static final int GET = 1;
  static final int KNOCK = 2;
  static final int ANSWER = 3;
  static final int TAKE = 4;
  static final int RELEASE = 5;

  int mode;

  /** Ticks since the permit or the counting began. */
  int age;

  /** Whether the lease still has the etag that is watched. */
  boolean watchesCurrent;

  int request;

  /** Ticks since it was sent. */
  int requestAge;

  /** Whether the store has dealt with it; its answer is on the way then. */
  boolean executed;

  /** Whether the CAS names the etag that the lease has; or, executed, whether it was done. */
  boolean valid;

  boolean sawHeld;
  boolean sawMine;
  boolean sawKnock;

  /** Whether the etag in the answer is still that of the lease. */
  boolean answerIsCurrent;

  /** Writes that may still land, a bit each; they all name the etag that the lease has. */
  int late;

  /** Whether the lease names this process. */
  boolean isHolder;

  /** Whether its last TAKE is what the lease consists of now, all bytes of it. */
  boolean tookIt;

  void send(int what, boolean namesCurrentEtag) {
    request = what;
    requestAge = 0;
    // A CAS with an etag of the past will be refused, whenever it arrives.
    executed = what != GET && !namesCurrentEtag;
    valid = namesCurrentEtag;
    forgetAnswer();
  }

  void forgetRequest() {
    request = NOTHING;
    requestAge = 0;
    executed = false;
    valid = false;
    forgetAnswer();
  }

  private void forgetAnswer() {
    sawHeld = false;
    sawMine = false;
    sawKnock = false;
    answerIsCurrent = false;
  }

  /** Somebody has written the lease. */
  void etagChanged() {
    watchesCurrent = false;
    answerIsCurrent = false;
    if (!executed && request != GET) {
      valid = false;
      executed = request != NOTHING;
    }
    late = 0;
    tookIt = false;
  }

  /** Starts anew after a crash. */
  void crash() {
    mode = OUT;
    age = 0;
    watchesCurrent = false;
    late = 0;
    isHolder = false;
    tookIt = false;
    forgetRequest();
  }

  int encode() {
    int bits = mode + (age << 2) + (request << 4) + (requestAge << 7) + (late << 9);
    boolean[] flags = {
      watchesCurrent, executed, valid, sawHeld, sawMine, sawKnock, answerIsCurrent, isHolder, tookIt
    };
    for (int i = 0; i < flags.length; i++) {
      bits += flags[i] ? 1 << (15 + i) : 0;
    }
    return bits;
  }

  static LeaseProcess decode(int bits) {
    var process = new LeaseProcess();
    process.mode = bits & 3;
    process.age = (bits >> 2) & 3;
    process.request = (bits >> 4) & 7;
    process.requestAge = (bits >> 7) & 3;
    process.late = (bits >> 9) & 63;
    process.watchesCurrent = ((bits >> 15) & 1) != 0;
    process.executed = ((bits >> 16) & 1) != 0;
    process.valid = ((bits >> 17) & 1) != 0;
    process.sawHeld = ((bits >> 18) & 1) != 0;
    process.sawMine = ((bits >> 19) & 1) != 0;
    process.sawKnock = ((bits >> 20) & 1) != 0;
    process.answerIsCurrent = ((bits >> 21) & 1) != 0;
    process.isHolder = ((bits >> 22) & 1) != 0;
    process.tookIt = ((bits >> 23) & 1) != 0;
    return process;
  }

  String text() {
    String[] modes = {"out", "watches", "holds", "took?"};
    String[] requests = {"", "GET", "KNOCK", "ANSWER", "TAKE", "RELEASE"};
    String text = modes[mode] + (mode == WATCHING || mode == HOLDING ? " " + age : "");
    if (request != NOTHING) {
      text += ", " + requests[request] + (executed ? " answered" : " sent") + " " + requestAge;
    }
    return (isHolder ? "*" : "") + text;
  }
}
