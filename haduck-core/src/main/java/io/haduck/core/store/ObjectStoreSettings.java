package io.haduck.core.store;

import io.haduck.core.settings.KnownSettings;
import io.haduck.core.settings.Setting;
import java.util.ArrayList;
import java.util.ServiceLoader;

/**
 * What can be set here: the engine's settings, and those that the object stores on the class path
 * declare.
 */
public final class ObjectStoreSettings {
  private static final KnownSettings KNOWN = load();

  private ObjectStoreSettings() {}

  /** Returns what can be set; the same at each call. */
  public static KnownSettings known() {
    return KNOWN;
  }

  private static KnownSettings load() {
    var declared = new ArrayList<Setting<?>>();
    var loader =
        ServiceLoader.load(ObjectStoreProvider.class, ObjectStoreProvider.class.getClassLoader());
    for (ObjectStoreProvider provider : loader) {
      declared.addAll(provider.settings());
    }
    return new KnownSettings(declared);
  }
}
