package io.haduck.core.internal.retention;

/**
 * A state that is kept because somebody says so, by a point, a pin, a branch or a proof.
 *
 * @param seq of its changeset
 * @param reason as the plan prints it: {@code point before-migration}
 */
public record NamedState(long seq, String reason) {}
