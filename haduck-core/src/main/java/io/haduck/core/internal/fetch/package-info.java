/** Ranges of a replica's objects: joined and fetched. Whoever uses the bytes verifies them. */
@NullMarked
package io.haduck.core.internal.fetch;

import org.jspecify.annotations.NullMarked;
