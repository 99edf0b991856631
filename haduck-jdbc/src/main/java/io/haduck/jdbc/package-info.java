/** The JDBC driver and data source for {@code jdbc:haduck:} URLs, and the calls beyond JDBC. */
@NullMarked
package io.haduck.jdbc;

import org.jspecify.annotations.NullMarked;
