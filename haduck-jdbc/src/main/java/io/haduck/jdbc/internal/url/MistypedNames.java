package io.haduck.jdbc.internal.url;

import io.haduck.core.settings.UnknownSetting;
import io.haduck.core.store.ObjectStoreSettings;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * System properties and environment variables that nearly have the name of one of haduck's. They do
 * nothing, and are no error, since others may put there what they like: says it once of each. Safe
 * for any thread.
 */
final class MistypedNames {
  private static final Logger log = LoggerFactory.getLogger(MistypedNames.class);

  private final Set<String> told = ConcurrentHashMap.newKeySet();

  /** Looks through names of one kind, such as those of system properties. */
  void look(String kind, Set<String> names) {
    for (String name : names) {
      UnknownSetting.meantByName(ObjectStoreSettings.known(), name)
          .filter(meant -> told.add(name))
          .ifPresent(meant -> log.warn("the {} {} does nothing; {} would", kind, name, meant));
    }
  }
}
