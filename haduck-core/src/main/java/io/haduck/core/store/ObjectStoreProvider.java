package io.haduck.core.store;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Setting;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeSet;

/**
 * Opens object stores of one scheme, and declares what can be set of them; found by {@link
 * ServiceLoader}.
 */
public interface ObjectStoreProvider {
  /** Lower case, such as {@code s3}. */
  String scheme();

  /**
   * Returns what a user can set of these stores, in the order in which it is to be shown; their
   * keys begin with the scheme and a dot.
   */
  default List<Setting<?>> settings() {
    return List.of();
  }

  /**
   * Opens a store scoped to a location. Talks to the store only when it is used.
   *
   * @param settings that were made of any scheme's, as text that their parsers accept, by their
   *     keys without {@code haduck.}, such as {@code s3.endpoint}, so that a store may wrap
   *     another; they may hold secrets, which belong neither into messages nor into logs
   */
  ObjectStore open(ReplicaLocation location, Map<String, String> settings);

  /**
   * Opens the store that a location names.
   *
   * @param settings of all stores, by their keys without {@code haduck.}
   * @throws InvalidConfigurationException if no provider on the class path serves its scheme
   */
  static ObjectStore openStore(ReplicaLocation location, Map<String, String> settings) {
    var known = new TreeSet<String>();
    var loader =
        ServiceLoader.load(ObjectStoreProvider.class, ObjectStoreProvider.class.getClassLoader());
    for (ObjectStoreProvider provider : loader) {
      if (provider.scheme().equals(location.scheme())) {
        return provider.open(location, settings);
      }
      known.add(provider.scheme());
    }
    throw new InvalidConfigurationException(
        "no object store for '"
            + location
            + "': on the class path are "
            + known
            + "; s3: needs io.haduck:haduck-s3");
  }
}
