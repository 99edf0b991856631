package io.haduck.core.settings;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A setting of a replica on S3 that was made around the application while nothing on the class path
 * takes it: without {@code haduck-s3}, whose keys they are. Whoever made it believes that there is
 * a replica.
 *
 * @param qualifiedKey with the prefix {@code haduck.}
 */
record UnclaimedSetting(String qualifiedKey, SettingSource source) {
  /** Those that nobody else's variables are named like by chance. */
  private static final List<String> OF_S3 =
      List.of(
          "s3.endpoint",
          "s3.region",
          "s3.path_style",
          "s3.access_key",
          "s3.secret_key",
          "s3.session_token",
          "s3.sse",
          "s3.sse_kms_key_id",
          "s3.checksums");

  /** Returns the first that was made; null if none was, or if it is known. */
  static @Nullable UnclaimedSetting of(
      KnownSettings known, Map<String, String> systemProperties, Map<String, String> environment) {
    for (String key : OF_S3) {
      if (known.byKey(key).isPresent()) {
        continue;
      }
      String qualified = Setting.PREFIX + key;
      String variable = Setting.environmentName(key);
      if (!systemProperties.getOrDefault(qualified, "").isBlank()) {
        return new UnclaimedSetting(qualified, SettingSource.SYSTEM_PROPERTY);
      }
      if (!environment.getOrDefault(variable, "").isBlank()) {
        return new UnclaimedSetting(qualified, SettingSource.ENVIRONMENT);
      }
    }
    return null;
  }
}
