package io.haduck.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of a write.
 *
 * @param outcome what the store said
 * @param etag the new object's entity tag; present when {@code DONE}
 * @param storeTime the store's clock when it answered, not earlier than a write that is {@code
 *     DONE} (but for the clock's granularity); null if it did not answer or did not say
 * @param cause why the outcome is {@code UNKNOWN}; null otherwise
 */
public record PutResult(
    Outcome outcome,
    @Nullable String etag,
    @Nullable Instant storeTime,
    @Nullable Throwable cause) {

  /** The possible answers. */
  public enum Outcome {
    /** Written, durably. */
    DONE,
    /** Not written: the key is there already. */
    EXISTS,
    /** Not written: the object has another entity tag. */
    MISMATCH,
    /** Not written: there is no such object. */
    MISSING,
    /** It may or may not have been written: time-out, lost connection, server error, conflict. */
    UNKNOWN
  }

  /** Written. */
  public static PutResult done(String etag, Instant storeTime) {
    return new PutResult(Outcome.DONE, etag, storeTime, null);
  }

  /** Refused by its condition. */
  public static PutResult refused(Outcome outcome, @Nullable Instant storeTime) {
    return new PutResult(outcome, null, storeTime, null);
  }

  /** Nobody knows. */
  public static PutResult unknown(Throwable cause) {
    return new PutResult(Outcome.UNKNOWN, null, null, cause);
  }
}
