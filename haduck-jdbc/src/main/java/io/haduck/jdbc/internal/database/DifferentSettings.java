package io.haduck.jdbc.internal.database;

import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ReplicaPlace;
import java.util.List;
import java.util.Set;

/** In what two connections to one database differ that must not. */
public final class DifferentSettings {
  /** Together they say where the replica is, and there is more than one way to say it. */
  private static final Set<Setting<?>> LOCATING =
      Set.of(Setting.REPLICA, Setting.S3_BUCKET, Setting.S3_PREFIX);

  private DifferentSettings() {}

  /** Those whose values differ, but for other names of one replica. */
  public static List<Setting<?>> between(Settings one, Settings other) {
    List<Setting<?>> different = one.differences(other);
    String replica = one.replica();
    boolean same =
        replica != null && other.replica() != null && ReplicaPlace.isSame(replica, other.replica());
    return same
        ? different.stream().filter(setting -> !LOCATING.contains(setting)).toList()
        : different;
  }
}
