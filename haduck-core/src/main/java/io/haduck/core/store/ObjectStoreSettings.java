package io.haduck.core.store;

import io.haduck.core.settings.KnownSettings;
import io.haduck.core.settings.Setting;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What can be set here: the engine's settings, and those that the object stores on the class path
 * declare. A store that cannot be loaded, or declares what is not its own, declares nothing: that
 * is a WARN, and an error only for who opens such a store.
 */
public final class ObjectStoreSettings {
  private static final Logger log = LoggerFactory.getLogger(ObjectStoreSettings.class);
  private static final int MOST_PROVIDERS = 1000;

  private static final KnownSettings KNOWN =
      of(
          ServiceLoader.load(ObjectStoreProvider.class, ObjectStoreProvider.class.getClassLoader())
              .iterator());

  private ObjectStoreSettings() {}

  /** Returns what can be set; the same at each call. */
  public static KnownSettings known() {
    return KNOWN;
  }

  /** Returns what can be set with some stores; those that fail are left out. */
  static KnownSettings of(Iterator<ObjectStoreProvider> providers) {
    var declared = new ArrayList<Setting<?>>();
    Set<String> keys = new HashSet<>();
    new KnownSettings(List.of()).all().forEach(setting -> keys.add(setting.key()));
    // An iterator of services goes on behind one that it could not load.
    for (int i = 0; i < MOST_PROVIDERS; i++) {
      try {
        if (!providers.hasNext()) {
          break;
        }
        declared.addAll(declaredBy(providers.next(), keys));
      } catch (ServiceConfigurationError | RuntimeException | LinkageError e) {
        log.warn("an object store on the class path is left out: {}", e.toString());
      }
    }
    return new KnownSettings(declared);
  }

  private static List<Setting<?>> declaredBy(ObjectStoreProvider provider, Set<String> keys) {
    List<Setting<?>> settings = List.copyOf(provider.settings());
    String foreign = foreign(provider, settings, keys);
    if (foreign != null) {
      throw new IllegalArgumentException(
          provider.getClass().getName()
              + " declares the setting "
              + foreign
              + ", which is declared already or does not begin with "
              + provider.scheme()
              + ".");
    }
    settings.forEach(setting -> keys.add(setting.key()));
    return settings;
  }

  private static @Nullable String foreign(
      ObjectStoreProvider provider, List<Setting<?>> settings, Set<String> keys) {
    Set<String> own = new HashSet<>();
    for (Setting<?> setting : settings) {
      String key = setting.key();
      if (!key.startsWith(provider.scheme() + ".") || keys.contains(key) || !own.add(key)) {
        return key;
      }
    }
    return null;
  }
}
