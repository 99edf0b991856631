package io.haduck.core.replica;

import io.haduck.core.duckdb.DatabaseHeaders;
import io.haduck.core.log.DatabaseIdentity;
import io.haduck.core.log.HeaderImage;

/** Turns what was read of a database file into what a changeset says of it. */
final class HeaderImages {
  private HeaderImages() {}

  static HeaderImage of(DatabaseHeaders headers) {
    return HeaderImage.of(headers.toByteArray());
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
