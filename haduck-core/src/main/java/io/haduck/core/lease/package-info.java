/**
 * The lease: which process writes a replica, who waits to, and how they let each other know. It is
 * about liveness and manners; that two writers do no harm is the log's to see to, and needs none of
 * this. docs/internals/leases.md has the rules and why they are so.
 */
@NullMarked
package io.haduck.core.lease;

import org.jspecify.annotations.NullMarked;
