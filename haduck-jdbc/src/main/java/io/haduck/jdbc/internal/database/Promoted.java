package io.haduck.jdbc.internal.database;

import io.haduck.core.follower.FollowerCopy;
import io.haduck.core.lease.WriterLease;
import org.jspecify.annotations.Nullable;

/**
 * What a standby brings along that becomes a writer.
 *
 * @param lease that it holds
 * @param copy of the database, that becomes the database; null if readers hold all of them
 */
public record Promoted(WriterLease lease, @Nullable FollowerCopy copy) {}
