/** Slow checks beside the work: whether replica and database still hold the same. */
@NullMarked
package io.haduck.core.internal.upkeep;

import org.jspecify.annotations.NullMarked;
