/**
 * What every part of haduck shares and nothing of theirs: the errors, the clock and the
 * configuration.
 */
@NullMarked
package io.haduck.core;

import org.jspecify.annotations.NullMarked;
