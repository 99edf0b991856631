/**
 * Connections to a database that this process follows: read only, and always at a newer state that
 * somebody else has written.
 */
@NullMarked
package io.haduck.jdbc.internal.following;

import org.jspecify.annotations.NullMarked;
