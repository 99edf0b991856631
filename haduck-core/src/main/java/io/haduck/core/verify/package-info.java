/** Whether a replica is whole: every byte of it, proven. */
@NullMarked
package io.haduck.core.verify;

import org.jspecify.annotations.NullMarked;
