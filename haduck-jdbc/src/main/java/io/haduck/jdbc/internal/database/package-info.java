/** The databases of this JVM: opening, replication, attaching, closing, the end. */
@NullMarked
package io.haduck.jdbc.internal.database;

import org.jspecify.annotations.NullMarked;
