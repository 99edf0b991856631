package io.haduck.jdbc.internal.database;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.LocalFileException;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.internal.url.ConnectionProperties;
import io.haduck.jdbc.internal.url.ConnectionSettings;
import io.haduck.jdbc.internal.url.DatabasePath;
import io.haduck.jdbc.internal.url.HaduckUrl;
import java.io.IOException;
import java.util.Properties;

/**
 * What a URL and properties name, with everything that system properties and the environment add.
 *
 * @param path of the database, which need not exist
 * @param location of its replica
 */
public record ReplicatedPath(DatabasePath path, Settings settings, ReplicaLocation location) {
  /**
   * Resolves them.
   *
   * @throws InvalidConfigurationException if they name no replica
   */
  public static ReplicatedPath of(String url, Properties info) {
    HaduckUrl parsed = HaduckUrl.parse(url);
    Settings settings = ConnectionSettings.resolve(parsed, ConnectionProperties.of(info));
    try {
      if (!parsed.isFile()) {
        throw new InvalidConfigurationException(
            "only a database in a local file has a replica, and '"
                + parsed.named().shown()
                + "' is none");
      }
      if (settings.replica() != null) {
        DatabasePath path = DatabasePath.resolve(parsed.named().text());
        ReplicaLocation location = ReplicaPlacement.locate(path, settings);
        if (location != null) {
          return new ReplicatedPath(path, settings, location);
        }
      }
    } catch (IOException e) {
      throw new LocalFileException("cannot find " + parsed.database() + ": " + e, e);
    }
    throw new InvalidConfigurationException(
        parsed + " names no replica; set haduck.replica or haduck.s3.bucket");
  }
}
