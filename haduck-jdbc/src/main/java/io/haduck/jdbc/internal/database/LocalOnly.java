package io.haduck.jdbc.internal.database;

import io.haduck.core.settings.MissingReplica;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says that a database is on its disk only, and what was set for nothing. */
final class LocalOnly {
  private static final Logger log = LoggerFactory.getLogger(LocalOnly.class);

  private LocalOnly() {}

  static void say(Path database, Settings settings) {
    log.info("{} is local only: no replica is set", database);
    List<Setting<?>> idle = MissingReplica.withoutEffect(settings);
    if (!idle.isEmpty()) {
      log.warn(
          "{} is local only, so these settings do nothing: {}",
          database,
          idle.stream().map(Setting::qualifiedKey).collect(Collectors.joining(", ")));
    }
  }
}
