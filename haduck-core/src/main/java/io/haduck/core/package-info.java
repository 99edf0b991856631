/** What every part of haduck shares and nothing of theirs: the errors, the words and the clock. */
@NullMarked
package io.haduck.core;

import org.jspecify.annotations.NullMarked;
