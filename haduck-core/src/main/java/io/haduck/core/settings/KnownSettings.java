package io.haduck.core.settings;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Every setting that can be made: those of the engine, and those that object stores declare. What
 * describes, resolves or corrects settings goes by this list. Immutable.
 */
public final class KnownSettings {
  private final List<Setting<?>> all;
  private final Map<String, Setting<?>> byKey = new TreeMap<>();
  private final boolean hasStores;

  /**
   * Joins the engine's settings with those of object stores.
   *
   * @param ofStores in the order in which they are to be shown
   * @throws IllegalArgumentException if two settings have one key
   */
  public KnownSettings(Collection<? extends Setting<?>> ofStores) {
    var joined = new ArrayList<Setting<?>>(Setting.ofEngine());
    joined.addAll(SweepSettings.all());
    joined.addAll(ofStores);
    for (Setting<?> setting : joined) {
      if (byKey.put(setting.key(), setting) != null) {
        throw new IllegalArgumentException("two settings have the key " + setting.key());
      }
    }
    this.all = List.copyOf(joined);
    this.hasStores = !ofStores.isEmpty();
  }

  /** Returns all of them, the engine's first. */
  public List<Setting<?>> all() {
    return all;
  }

  /** Returns the setting with that key, written without prefix; empty if there is none. */
  public Optional<Setting<?>> byKey(String key) {
    return Optional.ofNullable(byKey.get(key));
  }

  /** Returns whether any object store declares settings of its own. */
  boolean hasStores() {
    return hasStores;
  }
}
