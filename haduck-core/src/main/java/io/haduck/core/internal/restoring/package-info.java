/** A state of the log, written as files, and put in the place of what is there. */
@NullMarked
package io.haduck.core.internal.restoring;

import org.jspecify.annotations.NullMarked;
