package io.haduck.core.internal.retention;

import io.haduck.core.retention.RetentionPolicy;
import java.time.Instant;

/**
 * A policy that gives up more than the one in force, and comes into force at the first sweep that
 * is an hour later.
 *
 * @param policy that was announced
 * @param since when that was, by the store's clock
 */
public record Announcement(RetentionPolicy policy, Instant since) {}
