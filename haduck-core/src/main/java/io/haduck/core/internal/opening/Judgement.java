package io.haduck.core.internal.opening;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.local.LocalRecord;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What was found.
 *
 * @param record of the local file as it is; null where there is none
 * @param divergence what to say if a person has to decide; null if nobody has
 */
record Judgement(
    Verdict verdict, @Nullable LocalRecord record, @Nullable DivergedException divergence) {
  static Judgement of(Verdict verdict) {
    return new Judgement(verdict, null, null);
  }

  static Judgement of(Verdict verdict, LocalRecord record) {
    return new Judgement(verdict, record, null);
  }

  /** Returns the record, where the verdict goes with one. */
  LocalRecord requireRecord() {
    return Objects.requireNonNull(record);
  }

  static Judgement diverged(String message) {
    return new Judgement(Verdict.DIVERGED, null, new DivergedException(message));
  }
}
