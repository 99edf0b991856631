package io.haduck.core.internal.log;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt to append ended.
 *
 * @param outcome what is known
 * @param storeTime the store's clock at the last answer; null if it gave none
 * @param cause why the outcome is {@code UNKNOWN} or, where there is more to say, {@code TAKEN}
 */
public record AppendResult(
    AppendOutcome outcome, @Nullable Instant storeTime, @Nullable Throwable cause) {}
