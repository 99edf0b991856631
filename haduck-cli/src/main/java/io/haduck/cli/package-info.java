/** The command {@code haduck}: asks the engine, and tells what it answers. */
@NullMarked
package io.haduck.cli;

import org.jspecify.annotations.NullMarked;
