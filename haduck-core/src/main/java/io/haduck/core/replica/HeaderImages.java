package io.haduck.core.replica;

import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.log.DatabaseIdentity;
import io.haduck.core.log.HeaderBytes;

/** Turns what was read of a database file into what a changeset says of it. */
final class HeaderImages {
  private HeaderImages() {}

  static HeaderBytes of(DatabaseHeaders headers) {
    return HeaderBytes.of(headers.toByteArray());
  }

  static DatabaseIdentity identity(DatabaseHeaders headers) {
    return new DatabaseIdentity(
        headers.main().databaseIdentifier(),
        headers.active().storageVersion(),
        Math.toIntExact(headers.active().blockSize()),
        headers.active().iteration(),
        headers.active().blockCount());
  }
}
