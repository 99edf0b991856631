package io.haduck.jdbc.internal.wrapped;

import io.haduck.jdbc.internal.database.OpenDatabases;
import io.haduck.jdbc.internal.following.FollowedDatabases;

/** What there is one of in a JVM, or rather, in a class loader of haduck's. */
public final class OfThisJvm {
  private static final OpenDatabases DATABASES = new OpenDatabases(HaduckConnection::new);

  private static final FollowedDatabases FOLLOWED = new FollowedDatabases(DATABASES::offerStatus);

  private OfThisJvm() {}

  /** The registry of those that are only followed. */
  public static FollowedDatabases followed() {
    return FOLLOWED;
  }

  /** The registry: two of them would open one file twice. */
  public static OpenDatabases databases() {
    return DATABASES;
  }
}
