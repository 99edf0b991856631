/**
 * What of a replica is kept, why, and what may be deleted: a pure plan. Nothing in here reads or
 * deletes anything.
 */
@NullMarked
package io.haduck.core.internal.retention;

import org.jspecify.annotations.NullMarked;
