package io.haduck.core.internal.log;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt to append ended.
 *
 * @param outcome what is known
 * @param storeTime the store's clock at the last answer; null if it gave none, or if it is not
 *     known whether the log still ended with the changeset then
 * @param cause why the outcome is {@code UNKNOWN} or, where there is more to say, {@code TAKEN}
 */
public record AppendResult(
    AppendOutcome outcome, @Nullable Instant storeTime, @Nullable Throwable cause) {}
