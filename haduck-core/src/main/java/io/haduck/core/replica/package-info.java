/**
 * The processes: the replicator that sends a database's changes, and the restorer that brings any
 * of its states back.
 */
@NullMarked
package io.haduck.core.replica;

import org.jspecify.annotations.NullMarked;
