/**
 * What a user holds of a replicated database: connections and statements that tell what they run.
 */
@NullMarked
package io.haduck.jdbc.internal.wrapped;

import org.jspecify.annotations.NullMarked;
