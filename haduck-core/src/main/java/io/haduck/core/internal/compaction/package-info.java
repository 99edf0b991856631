/**
 * Copies live blocks out of objects that are mostly garbage, so that these can be deleted once
 * nothing older needs them (docs/internals/compaction.md).
 */
@NullMarked
package io.haduck.core.internal.compaction;

import org.jspecify.annotations.NullMarked;
