/** For how long the states of a replica are kept. */
@NullMarked
package io.haduck.core.retention;

import org.jspecify.annotations.NullMarked;
