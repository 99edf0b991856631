/** Threads, and waiting. */
@NullMarked
package io.haduck.core.internal.concurrent;

import org.jspecify.annotations.NullMarked;
