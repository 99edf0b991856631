/**
 * What a user holds of a replicated database: connections and statements that tell what they run.
 * The order of what happens around each call is that of {@link
 * io.haduck.jdbc.internal.wrapped.ReplicatedCall}.
 */
@NullMarked
package io.haduck.jdbc.internal.wrapped;

import org.jspecify.annotations.NullMarked;
