package io.haduck.core.internal.log;

/**
 * What there still is around a state that a retention has given up.
 *
 * @param before the seq of the nearest state before it that is kept; 0 if there is none
 * @param after the seq of the nearest one after it
 */
public record DroppedState(long before, long after) {}
