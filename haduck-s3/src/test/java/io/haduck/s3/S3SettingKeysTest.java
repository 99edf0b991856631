package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.KnownSettings;
import io.haduck.core.settings.MissingReplica;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreSettings;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The settings that the S3 store declares are resolved as the engine's are. */
final class S3SettingKeysTest {
  private static final Map<String, String> NONE = Map.of();

  private static Settings url(String... keysAndValues) {
    return Settings.resolve(ObjectStoreSettings.known(), map(keysAndValues), NONE, NONE, NONE);
  }

  private static Settings environment(String... keysAndValues) {
    return Settings.resolve(ObjectStoreSettings.known(), NONE, NONE, NONE, map(keysAndValues));
  }

  private static Map<String, String> map(String... keysAndValues) {
    var map = new HashMap<String, String>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  @Test
  void known_endWithThese_underNamesOfTheirOwn() {
    assertThat(S3SettingKeys.ENDPOINT.environmentName()).isEqualTo("HADUCK_S3_ENDPOINT");
    assertThat(S3SettingKeys.ACCESS_KEY.environmentName()).isEqualTo("HADUCK_S3_ACCESS_KEY");
    assertThat(S3SettingKeys.SECRET_KEY.environmentName()).isEqualTo("HADUCK_S3_SECRET_KEY");
    assertThat(ObjectStoreSettings.known().all())
        .endsWith(S3SettingKeys.ALL.toArray(Setting<?>[]::new));
    var names = new HashSet<String>();
    for (Setting<?> setting : ObjectStoreSettings.known().all()) {
      assertThat(names.add(setting.environmentName())).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "haduck.s3.acces_key, haduck.s3.access_key",
    "haduck.s3.end_point, haduck.s3.endpoint",
    "haduck.region, haduck.s3.region",
  })
  void resolve_withAnUnknownKey_namesTheNearest(String key, String nearest) {
    assertThatThrownBy(() -> url(key, "1"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "unknown key '" + key + "' in the URL; the nearest known key is '" + nearest + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "s3.path_style, 1, true or false",
    "s3.endpoint, localhost:9000, http://localhost:9000",
    "s3.sse, aes, AES256",
    "s3.checksums, never, when_required or when_supported",
  })
  void resolve_withABadValue_namesKeySourceValueAndWhatIsAllowed(
      String key, String value, String allowed) {
    assertThatThrownBy(() -> url("haduck." + key, value))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck." + key + "='" + value + "'")
        .hasMessageContaining("from the URL")
        .hasMessageContaining(allowed);
  }

  @Test
  void emptyVariable_isAsNone() {
    assertThat(environment("HADUCK_LINGER", " ", "HADUCK_S3_REGION", "")).isEqualTo(url());
  }

  @Test
  void differences_nameTheKeysOfTheStoreToo_whateverTheirSpelling() {
    assertThat(url("haduck.s3.region", "x").differences(url()))
        .containsExactly(S3SettingKeys.REGION);
    assertThat(url("haduck.s3.path_style", "TRUE", "haduck.s3.checksums", "When_Supported"))
        .isEqualTo(
            environment("HADUCK_S3_PATH_STYLE", "true", "HADUCK_S3_CHECKSUMS", "when_supported"));
  }

  @Test
  void secrets_areNeverShown() {
    String secret = "wJalrXUtnFEMI";
    Settings settings =
        url(
            "haduck.s3.access_key", secret,
            "haduck.s3.secret_key", secret,
            "haduck.s3.session_token", secret,
            "haduck.s3.region", "eu-central-1");
    assertThat(settings.get(S3SettingKeys.SECRET_KEY)).isEqualTo(secret);
    assertThat(settings.toString())
        .doesNotContain(secret)
        .contains("eu-central-1", "s3.secret_key=***");
    assertThatThrownBy(() -> url("haduck.s3.secret_key", secret + "\u0000"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck.s3.secret_key=(secret)")
        .hasMessageNotContaining(secret);
    assertThatThrownBy(() -> url("haduck.s3.endpoint", "http://me:" + secret + "@localhost:9000"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("without credentials")
        .hasMessageNotContaining(secret);
  }

  @Test
  void storeSettings_areThoseOfTheStoreOnly() {
    assertThat(
            url("haduck.s3.endpoint", "http://localhost:9000", "haduck.linger", "1s")
                .storeSettings())
        .isEqualTo(
            Map.of(
                "s3.endpoint", "http://localhost:9000",
                "s3.prefix", "haduck",
                "s3.checksums", "when_required"));
  }

  static List<Setting<?>> all() {
    return S3SettingKeys.ALL;
  }

  /** The engine knows the names of these keys, for where haduck-s3 is not on the class path. */
  @ParameterizedTest
  @MethodSource("all")
  void key_whereNoStoreTakesIt_isRefused(Setting<?> setting) {
    Settings settings =
        Settings.resolve(
            new KnownSettings(List.of()),
            NONE,
            NONE,
            NONE,
            Map.of(setting.environmentName(), "true"));
    assertThatThrownBy(() -> MissingReplica.refuse(settings, "/data/a.duckdb"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck." + setting.key() + " from the environment")
        .hasMessageContaining("haduck-s3 on the class path");
  }
}
