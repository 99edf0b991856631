package io.haduck.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import java.lang.reflect.Field;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SettingsTest {
  private static final Map<String, String> NONE = Map.of();
  private static final KnownSettings KNOWN = new KnownSettings(List.of());

  private static Settings url(String... keysAndValues) {
    return Settings.resolve(KNOWN, map(keysAndValues), NONE, NONE, NONE);
  }

  private static Settings environment(String... keysAndValues) {
    return Settings.resolve(KNOWN, NONE, NONE, NONE, map(keysAndValues));
  }

  private static Map<String, String> map(String... keysAndValues) {
    var map = new java.util.HashMap<String, String>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  @Test
  void resolve_ofNothing_isLocalOnlyWithDefaults() {
    Settings settings = url();
    assertThat(settings.replica()).isNull();
    assertThat(settings.replicaIsExplicit()).isFalse();
    assertThat(settings.durability()).isEqualTo(Durability.CHECKPOINT);
    assertThat(settings.syncInterval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.syncTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.linger()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.restore()).isEqualTo(RestorePolicy.IF_MISSING);
    assertThat(settings.nameFor("my.duckdb")).isEqualTo("my.duckdb");
  }

  @Test
  void resolve_prefersUrlToPropertiesToSystemPropertiesToEnvironmentToDefault() {
    var url = Map.of("haduck.linger", "1s");
    var properties = Map.of("haduck.linger", "2s", "haduck.sync_interval", "2s", "threads", "4");
    var system =
        Map.of("haduck.linger", "3s", "haduck.sync_interval", "3s", "haduck.sync_timeout", "3s");
    var environment =
        Map.of(
            "HADUCK_LINGER", "4s",
            "HADUCK_SYNC_INTERVAL", "4s",
            "HADUCK_SYNC_TIMEOUT", "4s",
            "HADUCK_DURABILITY", "async");
    Settings settings = Settings.resolve(KNOWN, url, properties, system, environment);
    assertThat(settings.linger()).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.source(Setting.LINGER)).isEqualTo(SettingSource.URL);
    assertThat(settings.syncInterval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(settings.source(Setting.SYNC_INTERVAL)).isEqualTo(SettingSource.PROPERTIES);
    assertThat(settings.syncTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(settings.source(Setting.SYNC_TIMEOUT)).isEqualTo(SettingSource.SYSTEM_PROPERTY);
    assertThat(settings.durability()).isEqualTo(Durability.ASYNC);
    assertThat(settings.source(Setting.DURABILITY)).isEqualTo(SettingSource.ENVIRONMENT);
    assertThat(settings.source(Setting.RESTORE)).isEqualTo(SettingSource.DEFAULT);
  }

  @Test
  void environmentNames_areThoseOfTheKeysAndDistinct() {
    assertThat(Setting.S3_BUCKET.environmentName()).isEqualTo("HADUCK_S3_BUCKET");
    assertThat(Setting.S3_PREFIX.environmentName()).isEqualTo("HADUCK_S3_PREFIX");
    var names = new HashSet<String>();
    for (Setting<?> setting : KNOWN.all()) {
      assertThat(names.add(setting.environmentName())).isTrue();
    }
  }

  @Test
  void resolve_withAnUnknownVariableOrSystemProperty_ignoresIt() {
    var system = Map.of("haduck.nonsense", "1");
    var environment =
        Map.of("HADUCK_PORT_8080_TCP", "tcp://10.0.0.1:8080", "HADUCK_NONSENSE", "1d");
    assertThat(Settings.resolve(KNOWN, NONE, NONE, system, environment)).isEqualTo(url());
  }

  @Test
  void sweep_isWhatIsSet_andNothingElse() {
    assertThat(ResolvedSweep.of(url())).isEqualTo(SweepOptions.DEFAULT);
    Settings some =
        Settings.resolve(
            KNOWN,
            Map.of("haduck.retention", "30d", "haduck.keep_monthly", "12", "haduck.gc", "dry_run"),
            Map.of("haduck.retention_zone", "Europe/Berlin", "haduck.gc_grace", "2h"),
            NONE,
            NONE);
    assertThat(ResolvedSweep.of(some))
        .isEqualTo(
            new SweepOptions(
                GarbageCollection.DRY_RUN,
                Duration.ofHours(24),
                Duration.ofHours(2),
                new RetentionSettings(
                    Duration.ofDays(30),
                    null,
                    Map.of(Period.MONTHLY, 12),
                    ZoneId.of("Europe/Berlin"),
                    null)));
  }

  @ParameterizedTest
  @CsvSource({
    "haduck.sync_intervall, haduck.sync_interval",
    "haduck.durabilty, haduck.durability",
    "haduck.bucket, haduck.s3.bucket",
    "haduck.LINGER, haduck.linger",
  })
  void resolve_withAnUnknownKey_namesTheNearest(String key, String nearest) {
    assertThatThrownBy(() -> url(key, "1"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessage(
            "unknown key '" + key + "' in the URL; the nearest known key is '" + nearest + "'");
    assertThatThrownBy(() -> Settings.resolve(KNOWN, NONE, Map.of(key, "1"), NONE, NONE))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("in the connection's properties")
        .hasMessageContaining(nearest);
  }

  @ParameterizedTest
  @CsvSource({"500ms, PT0.5S", "30s, PT30S", "5m, PT5M", "2h, PT2H", "45, PT45S", "' 7s ', PT7S"})
  void durations_haveAUnitOrAreSeconds(String text, Duration expected) {
    assertThat(url("haduck.sync_timeout", text).syncTimeout()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "auto, auto",
    "Auto, auto",
    "none, none",
    "zstd:1, zstd:1",
    "ZSTD:+3, zstd:3",
    "zstd:-7, zstd:-7",
    "zstd:19, zstd:19",
  })
  void compression_isAuto_none_orALevel(String text, String expected) {
    assertThat(url("haduck.compression", text).compression()).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "sync_timeout, -1s, 500ms",
    "sync_timeout, 1 s, 500ms",
    "sync_timeout, 1w, 500ms",
    "retention, 99999999d, at most 100 years",
    "retention_zone, Mars, 'such as UTC, Europe/Berlin'",
    "keep_daily, -1, a whole number from 0 to 100000",
    "keep_daily, 1d, a whole number from 0 to 100000",
    "retention_minimum, 0, a whole number from 1 to 100000",
    "gc, yes, on or off or dry_run",
    "gc_grace, 59m, a time of 1h or longer",
    "gc_interval, 0, longer than 0",
    "sync_timeout, 9999999999999, 500ms",
    "sync_timeout, 999999999999h, at most 100 years",
    "sync_timeout, 0s, longer than 0",
    "lease_ttl, off, a time from 2s to 5m",
    "lease_ttl, 1s, a time from 2s to 5m",
    "lease_wait, never, or forever",
    "sync_interval, 0ms, longer than 0",
    "durability, always, async or checkpoint",
    "compression, zstd, 'auto, none, or zstd:N with N from -7 to 19'",
    "compression, zstd:0, zstd:N with N from -7 to 19",
    "compression, zstd:20, zstd:N with N from -7 to 19",
    "compression, zstd:-8, zstd:N with N from -7 to 19",
    "compression, lz4, zstd:N with N from -7 to 19",
    "mode, reader, writer or follower",
    "poll_interval, 0s, longer than 0",
    "restore, yes, if_missing or required or never",
    "replay_checkpoint, 1, true or false",
    "wal_commits, -1, 'a whole number, not negative'",
    "wal_commits, 5k, 'a whole number, not negative'",
    "wal_commits, 1234567890123, at most 12 digits",
    "replica, /backup, s3://bucket/prefix or file:/absolute/directory",
    "replica, file:backup, s3://bucket/prefix or file:/absolute/directory",
    "replica, s3:bucket, s3://bucket/prefix or file:/absolute/directory",
    "s3.bucket, a/b, the name of a bucket",
    "name, a/b, without '/'",
    "name, .., not . or ..",
    "name, 'a\u0007b', control characters",
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
  void replica_fromBucket_hasTheDefaultPrefix() {
    Settings settings = environment("HADUCK_S3_BUCKET", "data");
    assertThat(settings.replica()).isEqualTo("s3://data/haduck");
    assertThat(settings.replicaIsExplicit()).isFalse();
    assertThat(environment("HADUCK_S3_BUCKET", "data", "HADUCK_S3_PREFIX", "a/b").replica())
        .isEqualTo("s3://data/a/b");
    assertThat(url("haduck.s3.bucket", "data", "haduck.s3.prefix", "").replica())
        .isEqualTo("s3://data");
  }

  @Test
  void replica_schemeInCapitals_isTheSame() {
    assertThat(url("haduck.replica", "S3://Data/Pre").replica()).isEqualTo("s3://Data/Pre");
    assertThat(url("haduck.replica", "File:/Backup").replica()).isEqualTo("file:/Backup");
    assertThat(environment("HADUCK_REPLICA", "S3://data").replica()).isEqualTo("s3://data");
    assertThat(url("haduck.replica", "NONE").localOnly()).isTrue();
    assertThatThrownBy(() -> url("haduck.replica", "HTTPS://host/bucket"))
        .hasMessageContaining("haduck.s3.endpoint");
  }

  @Test
  void replica_isDecidedByTheStrongerSource() {
    var environment = Map.of("HADUCK_S3_BUCKET", "data");
    assertThat(
            Settings.resolve(
                    KNOWN, Map.of("haduck.replica", "file:/backup"), NONE, NONE, environment)
                .replica())
        .isEqualTo("file:/backup");
    assertThat(
            Settings.resolve(
                    KNOWN,
                    Map.of("haduck.s3.bucket", "data"),
                    NONE,
                    NONE,
                    Map.of("HADUCK_REPLICA", "file:/backup"))
                .replica())
        .isEqualTo("s3://data/haduck");
    assertThat(
            Settings.resolve(KNOWN, Map.of("haduck.replica", ""), NONE, NONE, environment)
                .replica())
        .isNull();
    assertThatThrownBy(() -> url("haduck.replica", "s3://data/b", "haduck.s3.bucket", "data"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("both haduck.replica and haduck.s3.bucket");
  }

  @Test
  void emptyVariable_isAsNone_butEmptyNameInTheUrlIsRefused() {
    assertThat(environment("HADUCK_LINGER", " ", "HADUCK_S3_PREFIX", "")).isEqualTo(url());
    assertThatThrownBy(() -> url("haduck.name", ""))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck.name=(nothing)");
    assertThatThrownBy(() -> url("haduck.linger", ""))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck.linger=(nothing)");
  }

  @Test
  void nameFor_aFileWhoseNameCannotBeAKey_asksForAName() {
    assertThat(url("haduck.name", "Müller (2)").nameFor("x")).isEqualTo("Müller (2)");
    assertThatThrownBy(() -> url().nameFor("a#b.duckdb"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("'a#b.duckdb'")
        .hasMessageContaining("set haduck.name");
    assertThatThrownBy(() -> url().nameFor("a".repeat(256)))
        .isInstanceOf(InvalidConfigurationException.class);
  }

  @Test
  void differences_nameTheKeysAndIgnoreSourcesAndSpelling() {
    Settings settings = url("haduck.linger", "60s", "haduck.durability", "ASYNC");
    assertThat(
            settings.differences(environment("HADUCK_LINGER", "1m", "HADUCK_DURABILITY", "async")))
        .isEmpty();
    assertThat(settings)
        .isEqualTo(environment("HADUCK_LINGER", "60", "HADUCK_DURABILITY", "async"));
    assertThat(settings.hashCode())
        .isEqualTo(environment("HADUCK_LINGER", "60", "HADUCK_DURABILITY", "async").hashCode());
    assertThat(settings.differences(url("haduck.s3.prefix", "x")))
        .containsExactly(Setting.DURABILITY, Setting.LINGER, Setting.S3_PREFIX);
  }

  @Test
  void meantBy_knowsNearNamesOnly() {
    assertThat(UnknownSetting.meantByName(KNOWN, "HADUCK_REPLIKA")).contains("HADUCK_REPLICA");
    assertThat(UnknownSetting.meantByName(KNOWN, "HADUCK_BUCKET")).contains("HADUCK_S3_BUCKET");
    assertThat(UnknownSetting.meantByName(KNOWN, "HADUCK_DURABILTY")).contains("HADUCK_DURABILITY");
    assertThat(UnknownSetting.meantByName(KNOWN, "haduck.replcia")).contains("haduck.replica");
    for (String other :
        List.of(
            "HADUCK_REPLICA",
            "HADUCK_S3_BUCKET",
            "haduck.replica",
            "HADUCK_SERVICE_HOST",
            "HADUCK_PORT",
            "HADUCK_PORT_80_TCP",
            "HADUCK_TEST_MINIO_IMAGE",
            "haduck.seed",
            "haduck.kills",
            "PATH")) {
      assertThat(UnknownSetting.meantByName(KNOWN, other)).as(other).isEmpty();
    }
  }

  @Test
  void known_hasEachConstant_inTheOrderOfTheirDeclaration() throws Exception {
    var declared = new ArrayList<Setting<?>>();
    for (Class<?> declaring : List.of(Setting.class, SweepSettings.class)) {
      for (Field field : declaring.getFields()) {
        if (field.getType() == Setting.class) {
          declared.add((Setting<?>) field.get(null));
        }
      }
    }
    assertThat(KNOWN.all()).isEqualTo(declared);
    for (Setting<?> setting : declared) {
      assertThat(KNOWN.byKey(setting.key()).orElseThrow()).isSameAs(setting);
    }
  }

  @Test
  void known_withTwoOfOneKey_isRefused() {
    Setting<String> again = Setting.of("linger", null, "Again.", SettingParser.text());
    assertThatThrownBy(() -> new KnownSettings(List.of(again)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("linger");
  }

  @Test
  void resolve_withAKeyOfAStoreThatIsNotHere_saysWhatIsMissing() {
    assertThatThrownBy(() -> url("haduck.s3.endpoint", "http://localhost:9000"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("'haduck.s3.endpoint' in the URL")
        .hasMessageContaining("needs io.haduck:haduck-s3");
  }

  @Test
  void resolve_ofASettingThatAStoreDeclares_goesByItsParser() {
    Setting<Integer> size =
        Setting.of("x.size", "7", "A size.", given -> Integer.valueOf(given.required()));
    Setting<String> word = Setting.of("x.word", null, "A word.", SettingParser.text()).asSecret();
    var known = new KnownSettings(List.of(size, word));
    var settings =
        Settings.resolve(known, NONE, NONE, NONE, Map.of("HADUCK_X_WORD", "hush", "OTHER", "1"));
    assertThat(settings.storeSettings())
        .containsEntry("x.size", "7")
        .containsEntry("x.word", "hush");
    assertThat(settings.toString()).contains("x.word=***").doesNotContain("hush");
    assertThat(
            settings.differences(
                Settings.resolve(known, Map.of("haduck.x.size", "007"), NONE, NONE, NONE)))
        .containsExactly(word);
  }
}
