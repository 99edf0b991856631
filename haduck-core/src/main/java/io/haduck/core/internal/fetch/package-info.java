/** Ranges of a replica's objects: joined, fetched, verified. */
@NullMarked
package io.haduck.core.internal.fetch;

import org.jspecify.annotations.NullMarked;
