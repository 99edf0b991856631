/** Wrappers of JDBC's types that forward every call. */
@NullMarked
package io.haduck.jdbc.internal.forward;

import org.jspecify.annotations.NullMarked;
