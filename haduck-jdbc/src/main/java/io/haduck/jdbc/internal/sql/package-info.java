/** What SQL texts are likely to do, by their words. */
@NullMarked
package io.haduck.jdbc.internal.sql;

import org.jspecify.annotations.NullMarked;
