/**
 * The replication log: changesets with their codec, snapshots of the block index, and the protocol
 * that appends and reads them.
 */
@NullMarked
package io.haduck.core.internal.log;

import org.jspecify.annotations.NullMarked;
