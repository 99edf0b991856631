/** What lies here and what lies there, and what to do about it before DuckDB opens a database. */
@NullMarked
package io.haduck.core.internal.opening;

import org.jspecify.annotations.NullMarked;
