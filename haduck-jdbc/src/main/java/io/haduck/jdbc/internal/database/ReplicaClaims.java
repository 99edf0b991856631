package io.haduck.jdbc.internal.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.core.store.ReplicaPlace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which database of this JVM has which replica, and what else only one may have. Safe for any
 * thread; the monitor is held for moments only.
 */
final class ReplicaClaims {
  @GuardedBy("this")
  private final Map<OpenDatabase, Claim> claims = new HashMap<>();

  /**
   * What one database holds that no other may have.
   *
   * @param place of its replica
   * @param ambient a setting that was not given for it alone and serves one database; null if none
   */
  private record Claim(ReplicaPlace place, @Nullable Setting<?> ambient) {}

  /** That of one database, which has none yet. */
  CurrentReplication.Claim of(OpenDatabase database) {
    return new CurrentReplication.Claim() {
      @Override
      public void take(Settings settings, ReplicaLocation location, boolean attached) {
        claim(database, settings, location, attached);
      }

      @Override
      public void giveUp() {
        release(database);
      }
    };
  }

  private void claim(
      OpenDatabase database, Settings settings, ReplicaLocation location, boolean attached) {
    var claim = new Claim(ReplicaPlace.of(location), attached ? null : ambient(settings));
    OpenDatabase holder = tryClaim(database, claim);
    if (holder != null && holder.retireIfIdle()) {
      holder = tryClaim(database, claim);
    }
    if (holder == null) {
      return;
    }
    Setting<?> ambient = claim.ambient();
    if (ambient != null) {
      throw new InvalidConfigurationException(
          ambient.qualifiedKey()
              + " from "
              + settings.source(ambient)
              + " serves one database per JVM, and "
              + holder.path()
              + " uses it; for "
              + database.path()
              + " set it in the URL");
    }
    throw new InvalidConfigurationException(
        holder.path()
            + " is replicated to "
            + location
            + " already, or one of the two replicas lies within the other; set haduck.name or another replica for "
            + database.path());
  }

  private static @Nullable Setting<?> ambient(Settings settings) {
    for (Setting<?> setting : ObjectStoreSettings.known().all()) {
      if (setting.perDatabase()
          && settings.get(setting) != null
          && !settings.source(setting).explicit()
          && !(setting == Setting.REPLICA && settings.replicaIsExplicit())) {
        return setting;
      }
    }
    return null;
  }

  /** Returns who stands in the way. */
  private synchronized @Nullable OpenDatabase tryClaim(OpenDatabase database, Claim claim) {
    for (Map.Entry<OpenDatabase, Claim> other : claims.entrySet()) {
      boolean ambientTwice =
          claim.ambient() != null && claim.ambient() == other.getValue().ambient();
      if (other.getKey() != database
          && (ambientTwice || other.getValue().place().overlaps(claim.place()))) {
        return other.getKey();
      }
    }
    claims.put(database, claim);
    return null;
  }

  private synchronized void release(OpenDatabase database) {
    claims.remove(database);
  }

  /** Who has a replica, or one that lies within it or has it inside. */
  synchronized List<OpenDatabase> holders(ReplicaLocation location) {
    var place = ReplicaPlace.of(location);
    return claims.entrySet().stream()
        .filter(claim -> claim.getValue().place().overlaps(place))
        .map(Map.Entry::getKey)
        .toList();
  }
}
