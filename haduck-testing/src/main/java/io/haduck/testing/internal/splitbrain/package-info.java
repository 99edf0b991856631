/**
 * Writers, followers and a sweeper on one replica, in a simulated time, with everything that can go
 * wrong between them: seeded rounds that are checked against the chain of all that was ever in the
 * log.
 */
@NullMarked
package io.haduck.testing.internal.splitbrain;

import org.jspecify.annotations.NullMarked;
