package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.KnownSettings;
import io.haduck.core.settings.MissingReplica;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.SettingSource;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What was meant to be replicated is not opened without a replica, whoever meant it; by the
 * settings of the engine and of S3.
 */
final class MissingReplicaTest {
  private static final Map<String, String> NONE = Map.of();
  private static final KnownSettings KNOWN = ObjectStoreSettings.known();

  private static Settings resolve(
      Map<String, String> url,
      Map<String, String> properties,
      Map<String, String> system,
      Map<String, String> environment) {
    return Settings.resolve(KNOWN, url, properties, system, environment);
  }

  private static Settings of(SettingSource source, Map<String, String> given) {
    return resolve(
        source == SettingSource.URL ? given : NONE,
        source == SettingSource.PROPERTIES ? given : NONE,
        source == SettingSource.SYSTEM_PROPERTY ? given : NONE,
        source == SettingSource.ENVIRONMENT ? inEnvironment(given) : NONE);
  }

  private static Map<String, String> inEnvironment(Map<String, String> given) {
    var environment = new HashMap<String, String>();
    given.forEach(
        (key, value) ->
            environment.put(
                KNOWN.byKey(key.substring(Setting.PREFIX.length())).orElseThrow().environmentName(),
                value));
    return environment;
  }

  @ParameterizedTest
  @EnumSource(value = SettingSource.class, mode = EnumSource.Mode.EXCLUDE, names = "DEFAULT")
  void whatMeansAReplica_isRefusedWithoutOne(SettingSource source) {
    List<Map<String, String>> meant =
        List.of(
            Map.of("haduck.durability", "commit"),
            Map.of("haduck.replica", ""),
            Map.of("haduck.replica", " ", "haduck.durability", "commit"),
            Map.of("haduck.s3.bucket", ""),
            Map.of("haduck.name", "db"),
            Map.of("haduck.s3.prefix", "p"),
            Map.of("haduck.s3.region", "eu-central-1"),
            Map.of("haduck.s3.endpoint", "http://127.0.0.1:1"),
            Map.of("haduck.s3.path_style", "true"),
            Map.of("haduck.s3.access_key", "a"),
            Map.of("haduck.s3.secret_key", "b"),
            Map.of("haduck.s3.access_key", "a", "haduck.s3.secret_key", "b"),
            Map.of("haduck.s3.session_token", "t"),
            Map.of("haduck.s3.sse", "AES256"),
            Map.of("haduck.s3.sse_kms_key_id", "k"));
    for (Map<String, String> given : meant) {
      assertThatThrownBy(() -> MissingReplica.refuse(of(source, given), "/data/f.duckdb"))
          .as("%s in %s", given, source)
          .isInstanceOf(InvalidConfigurationException.class)
          .hasMessageContaining("/data/f.duckdb is not opened")
          .hasMessageContaining(source.toString())
          .hasMessageContaining("haduck.replica=none");
    }
  }

  @ParameterizedTest
  @EnumSource(value = SettingSource.class, mode = EnumSource.Mode.EXCLUDE, names = "DEFAULT")
  void whatMeansNone_isLocalOnly(SettingSource source) {
    List<Map<String, String>> local =
        List.of(
            NONE,
            Map.of("haduck.replica", "none"),
            Map.of("haduck.replica", "NONE", "haduck.durability", "commit", "haduck.name", "db"),
            Map.of("haduck.replica", "none", "haduck.s3.region", "x"),
            Map.of("haduck.linger", "1s"),
            Map.of("haduck.on_diverge", "restore", "haduck.offline", "allow"),
            Map.of("haduck.durability", "checkpoint"));
    for (Map<String, String> given : local) {
      Settings settings = of(source, given);
      assertThatCode(() -> MissingReplica.refuse(settings, "f"))
          .as("%s in %s", given, source)
          .doesNotThrowAnyException();
      assertThat(settings.replica()).isNull();
    }
    assertThat(of(source, Map.of("haduck.replica", "none"))).isEqualTo(of(source, NONE));
  }

  @Test
  void theStrongerSource_decides() {
    Map<String, String> commit = Map.of("HADUCK_DURABILITY", "commit");
    Map<String, String> bucket = Map.of("HADUCK_S3_BUCKET", "data");
    Map<String, String> none = Map.of("haduck.replica", "none");
    Map<String, String> empty = Map.of("haduck.replica", "");
    assertThat(resolve(none, NONE, NONE, bucket).replica()).isNull();
    MissingReplica.refuse(resolve(none, NONE, NONE, bucket), "f");
    MissingReplica.refuse(resolve(none, NONE, NONE, commit), "f");
    Settings located =
        resolve(Map.of("haduck.s3.bucket", "data"), NONE, none, Map.of("HADUCK_REPLICA", ""));
    assertThat(located.replica()).isEqualTo("s3://data/haduck");
    for (Settings settings :
        List.of(
            resolve(empty, NONE, NONE, bucket),
            resolve(NONE, empty, NONE, bucket),
            resolve(NONE, NONE, empty, bucket),
            resolve(Map.of("haduck.s3.bucket", ""), NONE, none, NONE))) {
      assertThatThrownBy(() -> MissingReplica.refuse(settings, "f"))
          .isInstanceOf(InvalidConfigurationException.class)
          .hasMessageContaining("is empty");
    }
    // one source may say it in either way
    assertThat(
            resolve(NONE, NONE, NONE, Map.of("HADUCK_REPLICA", "", "HADUCK_S3_BUCKET", "data"))
                .replica())
        .isEqualTo("s3://data/haduck");
  }

  @Test
  void both_noneAndABucketAtOneSource_contradictEachOther() {
    assertThatThrownBy(
            () ->
                of(SettingSource.URL, Map.of("haduck.replica", "none", "haduck.s3.bucket", "data")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("both");
  }

  @Test
  void withoutEffect_namesWhatIsSetAndDoesNothing() {
    Settings settings =
        of(SettingSource.URL, Map.of("haduck.offline", "allow", "haduck.on_diverge", "restore"));
    assertThat(MissingReplica.withoutEffect(settings))
        .containsExactly(Setting.ON_DIVERGE, Setting.OFFLINE);
    assertThat(
            MissingReplica.withoutEffect(
                of(SettingSource.URL, Map.of("haduck.replica", "file:/b"))))
        .isEmpty();
    assertThat(MissingReplica.withoutEffect(of(SettingSource.URL, NONE))).isEmpty();
  }
}
