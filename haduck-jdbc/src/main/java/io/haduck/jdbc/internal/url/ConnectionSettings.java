package io.haduck.jdbc.internal.url;

import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** The settings of a connection, from its URL and properties, system properties and environment. */
public final class ConnectionSettings {
  private static final MistypedNames MISTYPED = new MistypedNames();

  private ConnectionSettings() {}

  /**
   * Resolves them.
   *
   * @throws io.haduck.core.InvalidConfigurationException if a key or value is wrong
   */
  public static Settings resolve(HaduckUrl url, ConnectionProperties properties) {
    StrayKeys.refuse(url, properties);
    var system = new HashMap<String, String>();
    Properties given = System.getProperties();
    for (String key : given.stringPropertyNames()) {
      system.put(key, given.getProperty(key));
    }
    Map<String, String> environment = System.getenv();
    MISTYPED.look("system property", system.keySet());
    MISTYPED.look("environment variable", environment.keySet());
    return Settings.resolve(
        ObjectStoreSettings.known(), url.settings(), properties.settings(), system, environment);
  }
}
