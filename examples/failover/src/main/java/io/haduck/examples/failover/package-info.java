/** Three processes share a database: one writes, one stands by, one reads. */
@NullMarked
package io.haduck.examples.failover;

import org.jspecify.annotations.NullMarked;
