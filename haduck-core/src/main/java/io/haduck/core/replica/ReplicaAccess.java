package io.haduck.core.replica;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.log.PatientStore;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.core.store.ReplicaLocation;
import java.util.HashMap;
import java.util.Map;

/**
 * Opens the store of a replica by its location alone, for tools that have no database beside it.
 */
public final class ReplicaAccess {
  private ReplicaAccess() {}

  /**
   * Opens the store of one replica. Talks to it only when it is used, and gives a request up after
   * {@code sync_timeout}. The caller closes it.
   *
   * @param location of the replica itself, its name included: {@code s3://bucket/prefix/name} or
   *     {@code file:/directory/name}
   * @param properties settings, by their keys with {@code haduck.}
   * @param systemProperties settings that count where {@code properties} says nothing
   * @param environment settings that count where both say nothing
   * @throws InvalidConfigurationException if the location is none, or a setting is wrong
   */
  public static ObjectStore open(
      String location,
      Map<String, String> properties,
      Map<String, String> systemProperties,
      Map<String, String> environment) {
    ReplicaLocation place = ReplicaLocation.parse(location); // says it in its own words
    var given = new HashMap<>(properties);
    given.put("haduck.replica", location);
    Settings settings =
        Settings.resolve(
            ObjectStoreSettings.known(), Map.of(), given, systemProperties, environment);
    if (settings.replica() == null) {
      throw new InvalidConfigurationException("'" + location + "' names no replica");
    }
    return new PatientStore(
        ObjectStoreProvider.openStore(place, settings.storeSettings()),
        settings.syncTimeout(),
        Ticker.system());
  }
}
