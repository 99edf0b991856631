/** Copies of a replicated database that follow its replica, to be read. */
@NullMarked
package io.haduck.core.follower;

import org.jspecify.annotations.NullMarked;
