/** The shortest program that loses its disk and keeps its data. */
@NullMarked
package io.haduck.examples.quickstart;

import org.jspecify.annotations.NullMarked;
