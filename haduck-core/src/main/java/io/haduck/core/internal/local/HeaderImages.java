package io.haduck.core.internal.local;

import io.haduck.core.internal.duckdb.DatabaseHeaders;
import io.haduck.core.internal.log.DatabaseIdentity;
import io.haduck.core.internal.log.HeaderBytes;

/** Turns what was read of a database file into what a changeset says of it. */
public final class HeaderImages {
  private HeaderImages() {}

  public static HeaderBytes of(DatabaseHeaders headers) {
    return HeaderBytes.of(headers.toByteArray());
  }

  public static DatabaseIdentity identity(DatabaseHeaders headers) {
    return new DatabaseIdentity(
        headers.main().databaseIdentifier(),
        headers.active().storageVersion(),
        Math.toIntExact(headers.active().blockSize()),
        headers.active().iteration(),
        headers.active().blockCount());
  }
}
