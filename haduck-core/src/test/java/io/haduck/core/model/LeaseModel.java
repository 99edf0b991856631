package io.haduck.core.model;

import static io.haduck.core.model.LeaseProcess.ANSWER;
import static io.haduck.core.model.LeaseProcess.GET;
import static io.haduck.core.model.LeaseProcess.HOLDING;
import static io.haduck.core.model.LeaseProcess.KNOCK;
import static io.haduck.core.model.LeaseProcess.NOTHING;
import static io.haduck.core.model.LeaseProcess.OUT;
import static io.haduck.core.model.LeaseProcess.RELEASE;
import static io.haduck.core.model.LeaseProcess.TAKE;
import static io.haduck.core.model.LeaseProcess.TAKING;
import static io.haduck.core.model.LeaseProcess.WATCHING;

import java.util.Arrays;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The lease, and processes that contend for it: GETs and CASs that are late or lost, knocks,
 * expiry, release, crashes. All are alike, so they stand in a state in the order of their bits.
 * Their tickers are honest here; what happens if they are not is what the log is for.
 *
 * <p>The TTL is three ticks, and a permit is good for two. An etag is known as that which the lease
 * has, or not: it never comes again.
 */
final class LeaseModel implements Model {
  private static final int TTL = 3;
  private static final int PERMIT = 2;

  private final int count;
  private final LeaseMutation mutation;
  private final boolean alike;

  /** The state that is looked at, or made. */
  private boolean held;

  private boolean knock;
  private int lateOfTheDead;
  private LeaseProcess[] processes = {};

  /**
   * A model.
   *
   * @param alike whether states are the same that differ in who is who; a trace is easier to read
   *     if not
   */
  LeaseModel(int count, LeaseMutation mutation, boolean alike) {
    this.count = count;
    this.mutation = mutation;
    this.alike = alike;
  }

  @Override
  public byte[] initial() {
    return new byte[1 + 3 * count];
  }

  /** Returns how many processes may append. */
  int permitted(byte[] state) {
    decode(state);
    return (int) Arrays.stream(processes).filter(p -> p.mode == HOLDING && p.age <= PERMIT).count();
  }

  @Override
  public @Nullable Breach breach(byte[] state) {
    return permitted(state) > 1 ? Breach.TWO_HOLDERS : null;
  }

  @Override
  public void successors(byte[] state, Steps steps) {
    if (breach(state) != null) {
      return;
    }
    step(state, steps, 0, "time passes", (model, p) -> model.tick());
    for (int i = 0; i < count; i++) {
      decode(state);
      LeaseProcess p = processes[i];
      for (int what = KNOCK; what <= RELEASE; what++) {
        int late = what;
        if ((p.late & (1 << late)) != 0) {
          step(state, steps, i, "a late write lands", (m, q) -> m.write(q, late));
        }
      }
      step(state, steps, i, "crashes", LeaseModel::crash);
      if (p.request == NOTHING) {
        if (looksOn(p)) {
          // It gains nothing by having asked early, so nobody cares when it did.
          step(state, steps, i, "GET", LeaseModel::ask);
        } else {
          step(state, steps, i, "sends GET", (m, q) -> q.send(GET, false));
        }
        boolean waited = p.age >= TTL - (mutation == LeaseMutation.TAKE_OVER_TOO_SOON ? 1 : 0);
        if (p.mode == WATCHING && waited) {
          step(state, steps, i, "sends TAKE", (m, q) -> m.take(q, q.watchesCurrent));
        }
      } else {
        step(state, steps, i, "gives up waiting", (m, q) -> giveUp(q));
        if (!p.executed) {
          step(state, steps, i, "request arrives", LeaseModel::execute);
        } else {
          answers(state, steps, i, p);
        }
      }
    }
    decode(state);
    for (int what = KNOCK; what <= RELEASE; what++) {
      int late = what;
      if ((lateOfTheDead & (1 << late)) != 0) {
        step(state, steps, 0, "a write of the dead lands", (m, q) -> m.write(null, late));
      }
    }
  }

  /** The answer to a request comes. */
  private void answers(byte[] state, Steps steps, int i, LeaseProcess p) {
    if (p.request != GET) {
      step(state, steps, i, p.valid ? "CAS done" : "CAS refused", LeaseModel::answered);
    } else if (!p.sawHeld) {
      step(state, steps, i, "finds it free, TAKE", (m, q) -> m.take(q, q.answerIsCurrent));
    } else if (p.sawMine) {
      step(state, steps, i, "finds its own", LeaseModel::foundOwn);
      if (p.mode == HOLDING) {
        step(state, steps, i, "finds its own, RELEASE", LeaseModel::release);
      }
    } else {
      step(state, steps, i, "finds another's", LeaseModel::foundAnothers);
    }
  }

  // --- in the store

  private void ask(LeaseProcess p) {
    p.send(GET, false);
    execute(p);
  }

  private void execute(LeaseProcess p) {
    p.executed = true;
    if (p.request == GET) {
      p.sawHeld = held;
      p.sawMine = p.isHolder && (p.mode != TAKING || p.tookIt || nameOnly());
      p.sawKnock = knock;
      p.answerIsCurrent = true;
    } else {
      write(p, p.request);
      p.answerIsCurrent = true;
    }
  }

  private boolean nameOnly() {
    return mutation == LeaseMutation.READ_BACK_THE_NAME_ONLY;
  }

  /** Writes the lease; null is one who has crashed. */
  private void write(@Nullable LeaseProcess p, int what) {
    for (LeaseProcess each : processes) {
      each.etagChanged();
    }
    lateOfTheDead = 0;
    knock = what == KNOCK;
    if (what == TAKE || what == RELEASE) {
      for (LeaseProcess each : processes) {
        each.isHolder = false;
      }
      held = what == TAKE;
      if (held && p != null) {
        p.isHolder = true;
        p.tookIt = true;
      }
    }
  }

  private void tick() {
    for (LeaseProcess p : processes) {
      p.age = Math.min(p.age + 1, TTL);
      p.requestAge = Math.min(p.requestAge + 1, TTL);
    }
  }

  private void crash(LeaseProcess p) {
    lateOfTheDead |= p.late | inFlight(p);
    p.crash();
  }

  // --- in a process

  private static boolean looksOn(LeaseProcess p) {
    return p.mode == OUT || p.mode == WATCHING;
  }

  private static int inFlight(LeaseProcess p) {
    return p.request >= KNOCK && !p.executed && p.valid ? 1 << p.request : 0;
  }

  private static void giveUp(LeaseProcess p) {
    p.late |= inFlight(p);
    if (p.request == TAKE) {
      p.mode = TAKING;
    }
    p.forgetRequest();
  }

  private void take(LeaseProcess p, boolean namesCurrentEtag) {
    p.mode = OUT;
    p.tookIt = false;
    p.send(TAKE, namesCurrentEtag);
  }

  private void release(LeaseProcess p) {
    p.mode = OUT;
    p.send(RELEASE, p.answerIsCurrent);
  }

  private void answered(LeaseProcess p) {
    boolean done = p.valid;
    switch (p.request) {
      case KNOCK -> {
        if (done) {
          watch(p);
        }
      }
      case TAKE, ANSWER -> {
        if (done) {
          hold(p);
        }
      }
      default -> {}
    }
    p.forgetRequest();
  }

  private void foundOwn(LeaseProcess p) {
    boolean resumes = mutation == LeaseMutation.RESUME_BY_READING;
    if (p.mode != HOLDING && p.mode != TAKING && !resumes) {
      // It released the lease, which did not arrive or is on its way: only a CAS is safe.
      take(p, p.answerIsCurrent);
    } else if (p.sawKnock) {
      p.send(ANSWER, p.answerIsCurrent);
    } else {
      hold(p);
      p.forgetRequest();
    }
  }

  private void foundAnothers(LeaseProcess p) {
    if (!p.sawKnock) {
      p.mode = OUT;
      p.send(KNOCK, p.answerIsCurrent);
      return;
    }
    boolean same = p.mode == WATCHING && p.watchesCurrent && p.answerIsCurrent;
    if (!same) {
      watch(p);
    }
    p.forgetRequest();
  }

  /** From the request on. */
  private void hold(LeaseProcess p) {
    p.mode = HOLDING;
    p.age = mutation == LeaseMutation.BELIEVE_A_STALE_LEASE ? 0 : p.requestAge;
  }

  /** From the answer on. */
  private void watch(LeaseProcess p) {
    p.mode = WATCHING;
    p.age = mutation == LeaseMutation.COUNT_FROM_THE_REQUEST ? p.requestAge : 0;
    p.watchesCurrent = p.answerIsCurrent;
  }

  // --- states

  private void step(
      byte[] state, Steps steps, int i, String what, BiConsumer<LeaseModel, LeaseProcess> change) {
    decode(state);
    change.accept(this, processes[i]);
    steps.add("P" + (i + 1), what, encode());
  }

  private byte[] encode() {
    int[] bits = new int[count];
    for (int i = 0; i < count; i++) {
      canonical(processes[i]);
      bits[i] = processes[i].encode();
    }
    if (alike) {
      Arrays.sort(bits);
    }
    byte[] state = initial();
    state[0] = (byte) ((held ? 1 : 0) | (knock ? 2 : 0) | lateOfTheDead);
    for (int i = 0; i < count; i++) {
      state[1 + 3 * i] = (byte) bits[i];
      state[2 + 3 * i] = (byte) (bits[i] >> 8);
      state[3 + 3 * i] = (byte) (bits[i] >> 16);
    }
    return state;
  }

  /** Leaves out what nobody will ask for. */
  private void canonical(LeaseProcess p) {
    if (p.mode == OUT || p.mode == TAKING) {
      p.age = 0;
    }
    if (p.mode != WATCHING) {
      p.watchesCurrent = false;
    }
    if (p.mode != TAKING && p.request != TAKE && (p.late & (1 << TAKE)) == 0) {
      p.tookIt = false;
    }
    boolean late = mutation == LeaseMutation.COUNT_FROM_THE_REQUEST;
    boolean grants = p.request == TAKE || p.request == ANSWER || (p.request == GET && !looksOn(p));
    if (!grants && !late) {
      p.requestAge = 0;
    }
  }

  private void decode(byte[] state) {
    held = (state[0] & 1) != 0;
    knock = (state[0] & 2) != 0;
    lateOfTheDead = state[0] & 60;
    processes = new LeaseProcess[count];
    for (int i = 0; i < count; i++) {
      int bits =
          (state[1 + 3 * i] & 255)
              + ((state[2 + 3 * i] & 255) << 8)
              + ((state[3 + 3 * i] & 255) << 16);
      processes[i] = LeaseProcess.decode(bits);
    }
  }

  @Override
  public String text(byte[] state) {
    decode(state);
    var text = new StringBuilder(held ? "held" : "free").append(knock ? ", knock" : "");
    for (int i = 0; i < count; i++) {
      text.append("; P").append(i + 1).append(' ').append(processes[i].text());
    }
    return text.toString();
  }
}
