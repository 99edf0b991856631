/**
 * Deletes what the retention of a replica gives up: finds out what there is, writes down what is
 * kept, and deletes the rest. The protocol is in docs/internals/retention.md.
 */
@NullMarked
package io.haduck.core.internal.sweep;

import org.jspecify.annotations.NullMarked;
