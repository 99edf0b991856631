/** Benchmarks: what haduck costs a database, and how fast it ships and restores one. */
@NullMarked
package io.haduck.bench;

import org.jspecify.annotations.NullMarked;
