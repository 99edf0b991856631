/**
 * The object store as haduck sees it: a few operations with typed outcomes, and the store in a
 * local directory.
 */
@NullMarked
package io.haduck.core.store;

import org.jspecify.annotations.NullMarked;
