package io.haduck.core.verify;

import io.haduck.core.internal.kept.ExpectedStates;
import io.haduck.core.internal.kept.ExpectedStates.Expected;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import java.util.List;
import java.util.Map;

/**
 * Tells what was given up from what is lost: by what is written down of the states of a log, and
 * not by which keys lie there. For one thread.
 */
final class KeptCheck {
  private static final String NAMES_STAY =
      "Nothing is swept while it is so. Restore an undamaged version of the object; if it is of a later haduck, update"
          + " this one";

  private final ExpectedStates expected;
  private final CheckFindings findings;
  private long ignored;

  KeptCheck(ExpectedStates expected, CheckFindings findings) {
    this.expected = expected;
    this.findings = findings;
    for (ExpectedStates.Problem problem : expected.problems()) {
      findings.add(Finding.of(problem.key(), 0, problem.what(), NAMES_STAY));
    }
  }

  /** From this seq on every state exists; 0 if none was ever given up. */
  long floor() {
    return expected.readable().walFrom();
  }

  /** Whether the state of a seq exists. What lies there otherwise is none of the log's any more. */
  boolean contains(long seq) {
    return expected.readable().contains(seq);
  }

  /** A changeset is passed over, since its state does not exist. */
  void passedOver() {
    ignored++;
  }

  /** Whether reading may rest on the snapshot of a seq, since what was before it is given up. */
  boolean restsOn(long seq) {
    return floor() > 0 && seq <= floor();
  }

  /**
   * Compares a changeset with what is written down of its state.
   *
   * @return whether it is the one that must be there
   */
  boolean isExpected(LogPosition found) {
    Expected state = expected.states().get(found.seq());
    if (state == null || state.digest().equals(found.digest())) {
      return true;
    }
    findings.add(
        Finding.of(
            LogKeys.changeset(found.seq()),
            found.seq(),
            "another changeset is in the place of a state that is kept ("
                + state.reasons()
                + "): expected digest "
                + state.digest()
                + ", found "
                + found.digest(),
            CheckFindings.RESTORE_VERSION));
    return found.seq() >= floor();
  }

  /** After all of it was read: whether each state can be restored that must be. */
  void conclude(List<VerifyReport.SeqRange> readable, long last) {
    if (ignored > 0) {
      findings.note(
          ignored
              + " changesets below seq "
              + floor()
              + " belong to states that are not kept any more; readers ignore them");
    }
    for (Map.Entry<Long, Expected> state : expected.states().entrySet()) {
      require(state.getKey(), state.getValue().reasons(), readable, last);
    }
    if (floor() > 0) {
      require(floor(), "all are from this one on", readable, last);
    }
  }

  private void require(long seq, String reasons, List<VerifyReport.SeqRange> readable, long last) {
    if (readable.stream().anyMatch(range -> seq >= range.first() && seq <= range.last())) {
      return;
    }
    findings.add(
        Finding.of(
            LogKeys.changeset(seq),
            seq,
            "the state of seq "
                + seq
                + " is kept ("
                + reasons
                + ") and cannot be restored"
                + (seq > last ? ": the log ends with seq " + last : ""),
            CheckFindings.RESTORE_VERSION));
  }

  /** What to do about a snapshot that cannot be used. */
  String adviceOnSnapshot(long seq) {
    return restsOn(seq)
        ? "States rest on it, since what was before them is not kept any more: do not delete it. "
            + CheckFindings.RESTORE_VERSION
        : CheckFindings.NOT_NEEDED;
  }
}
