/** Notices that a database file may have changed and keeps the set of blocks that may have. */
@NullMarked
package io.haduck.core.internal.watch;

import org.jspecify.annotations.NullMarked;
