/** From what has changed in a database to segments and one changeset. */
@NullMarked
package io.haduck.core.internal.capture;

import org.jspecify.annotations.NullMarked;
