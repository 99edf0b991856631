package io.haduck.core.settings;

import io.haduck.core.DatabaseName;
import io.haduck.core.InvalidConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The resolved settings of one database, each with where it came from. Immutable; {@code toString}
 * and errors never show a secret.
 */
public final class Settings {
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:");

  private final Map<Setting<?>, SettingValue<?>> values;
  private final @Nullable UnclaimedSetting unclaimed;
  private final @Nullable String replica;

  private Settings(Map<Setting<?>, SettingValue<?>> values, @Nullable UnclaimedSetting unclaimed) {
    this.values = values;
    this.unclaimed = unclaimed;
    this.replica = locate();
  }

  /**
   * Resolves every setting: URL before properties before system properties before the environment
   * before the default. An empty text in the URL or the properties switches off what the later ones
   * say; an empty one in a system property or the environment is as none. Where it would say where
   * the replica is, it is remembered in each of them: see {@link MissingReplica#refuse}.
   *
   * @param known what can be set
   * @param url keys with the prefix {@code haduck.}
   * @param properties likewise; keys without that prefix are not ours and skipped
   * @param systemProperties likewise; unknown keys are skipped
   * @param environment by {@link Setting#environmentName}; unknown names are skipped, since some
   *     platforms invent variables
   * @throws InvalidConfigurationException for a key that does not exist in the URL or the
   *     properties, for a value that is not allowed, or for values that contradict each other
   */
  public static Settings resolve(
      KnownSettings known,
      Map<String, String> url,
      Map<String, String> properties,
      Map<String, String> systemProperties,
      Map<String, String> environment) {
    refuseUnknown(known, url, SettingSource.URL);
    refuseUnknown(known, properties, SettingSource.PROPERTIES);
    var values = new LinkedHashMap<Setting<?>, SettingValue<?>>();
    for (Setting<?> setting : known.all()) {
      String key = setting.qualifiedKey();
      GivenText given = explicit(setting, url.get(key), SettingSource.URL);
      if (given == null) {
        given = explicit(setting, properties.get(key), SettingSource.PROPERTIES);
      }
      if (given == null) {
        given = ambient(setting, systemProperties.get(key), SettingSource.SYSTEM_PROPERTY);
      }
      if (given == null) {
        given =
            ambient(setting, environment.get(setting.environmentName()), SettingSource.ENVIRONMENT);
      }
      if (given == null) {
        given = new GivenText(setting.defaultValue(), SettingSource.DEFAULT);
      }
      values.put(setting, SettingValue.of(setting, given.text(), given.source()));
    }
    return new Settings(values, UnclaimedSetting.of(known, systemProperties, environment));
  }

  private record GivenText(@Nullable String text, SettingSource source) {}

  private static void refuseUnknown(
      KnownSettings known, Map<String, String> given, SettingSource source) {
    for (String key : given.keySet()) {
      if (key.startsWith(Setting.PREFIX)
          && known.byKey(key.substring(Setting.PREFIX.length())).isEmpty()) {
        throw UnknownSetting.error(known, key, source);
      }
    }
  }

  private static @Nullable GivenText explicit(
      Setting<?> setting, @Nullable String text, SettingSource source) {
    return text == null
        ? null
        : new GivenText(text.isBlank() ? null : stripped(setting, text), source);
  }

  /** {@code S3://} and {@code File:} are as good as in small letters. */
  private static String stripped(Setting<?> setting, String text) {
    String stripped = text.strip();
    Matcher scheme = SCHEME.matcher(stripped);
    return setting == Setting.REPLICA && scheme.lookingAt()
        ? scheme.group().toLowerCase(Locale.ROOT) + stripped.substring(scheme.end())
        : stripped;
  }

  private static @Nullable GivenText ambient(
      Setting<?> setting, @Nullable String text, SettingSource source) {
    boolean locates = setting == Setting.REPLICA || setting == Setting.S3_BUCKET;
    return text != null && text.isBlank() && !locates ? null : explicit(setting, text, source);
  }

  /**
   * {@code replica} or {@code s3.bucket}, whichever was given by the stronger source; together at
   * one source they contradict each other.
   */
  private @Nullable String locate() {
    SettingText location = given(Setting.REPLICA);
    SettingText bucket = given(Setting.S3_BUCKET);
    if (location.source() == SettingSource.DEFAULT && bucket.source() == SettingSource.DEFAULT) {
      return null;
    }
    if (location.source() == bucket.source() && location.text() != null && bucket.text() != null) {
      throw new InvalidConfigurationException(
          "both haduck.replica and haduck.s3.bucket are set in "
              + location.source()
              + "; a replica is named by one of them");
    }
    boolean byLocation =
        location.source() == bucket.source()
            ? location.text() != null
            : location.source().compareTo(bucket.source()) < 0;
    if (byLocation) {
      return value(Setting.REPLICA);
    }
    if (bucket.text() == null) {
      return null;
    }
    String prefix = Objects.requireNonNullElse(value(Setting.S3_PREFIX), "");
    return "s3://" + bucket.text() + (prefix.isEmpty() ? "" : "/" + prefix);
  }

  /**
   * Returns where the database is replicated to, without its name: {@code s3://bucket/prefix},
   * {@code file:/directory}; null in local-only mode.
   */
  public @Nullable String replica() {
    return replica;
  }

  /** Returns whether the user said that there is to be no replica: {@code replica=none}. */
  public boolean localOnly() {
    SettingText location = given(Setting.REPLICA);
    return replica == null
        && ReplicaText.isNone(location.text())
        && location.source().compareTo(source(Setting.S3_BUCKET)) <= 0;
  }

  /**
   * Returns whether the user asked for the replica in the URL or the properties, and so for this
   * very database.
   */
  public boolean replicaIsExplicit() {
    return replica != null
        && (source(Setting.REPLICA).explicit() || source(Setting.S3_BUCKET).explicit());
  }

  /**
   * Returns the name below the replica: as set, otherwise that of the database's file.
   *
   * @throws InvalidConfigurationException if the file's name cannot be one
   */
  public String nameFor(String fileName) {
    String name = value(Setting.NAME);
    if (name != null) {
      return name;
    }
    if (!DatabaseName.isValid(fileName)) {
      throw new InvalidConfigurationException(
          "the file name '"
              + fileName
              + "' cannot be the name of a replica; set haduck.name to "
              + DatabaseName.RULE);
    }
    return fileName;
  }

  /** Returns what waits for the object store. */
  public Durability durability() {
    return required(Setting.DURABILITY);
  }

  /** Returns how often to look for changes that nothing announced. */
  public Duration syncInterval() {
    return required(Setting.SYNC_INTERVAL);
  }

  /** Returns how long a call may wait for the object store in all. */
  public Duration syncTimeout() {
    return required(Setting.SYNC_TIMEOUT);
  }

  /** Returns how long the replicator outlives the last connection. */
  public Duration linger() {
    return required(Setting.LINGER);
  }

  /** Returns how long the end of the JVM may be put off; zero for not at all. */
  public Duration shutdownTimeout() {
    return required(Setting.SHUTDOWN_TIMEOUT);
  }

  /** Returns what to do when the file is missing and the replica is not. */
  public RestorePolicy restore() {
    return required(Setting.RESTORE);
  }

  /** Returns what to do when the local database has changes of its own. */
  public DivergePolicy onDiverge() {
    return required(Setting.ON_DIVERGE);
  }

  /** Returns what to do when the store does not answer at opening. */
  public OfflinePolicy offline() {
    return required(Setting.OFFLINE);
  }

  /** Returns how often all blocks are compared with the replica's; zero for never. */
  public Duration scrubInterval() {
    return required(Setting.SCRUB_INTERVAL);
  }

  /** Returns how what is sent is compressed. */
  public Compression compression() {
    return required(Setting.COMPRESSION);
  }

  /**
   * Returns whether to ask for a checkpoint soon after statements that DuckDB is known not to
   * replay.
   */
  public boolean replayCheckpoint() {
    return Boolean.TRUE.equals(value(Setting.REPLAY_CHECKPOINT));
  }

  /** Returns after how many commits DuckDB shall checkpoint; 0 if that is left to it. */
  public long walCommits() {
    return required(Setting.WAL_COMMITS);
  }

  /** Returns what this process does with the database. */
  public DatabaseMode mode() {
    return required(Setting.MODE);
  }

  /** Returns what sees to it that one process at a time writes. */
  public LeasePolicy lease() {
    return required(Setting.LEASE);
  }

  /** Returns for how long a writer that gives no sign of life is left alone. */
  public Duration leaseTtl() {
    return required(Setting.LEASE_TTL);
  }

  /** Returns how long opening waits for another process that writes; null for ever. */
  public @Nullable Duration leaseWait() {
    Duration wait = value(Setting.LEASE_WAIT);
    if (wait == null) {
      return leaseTtl().multipliedBy(2);
    }
    return wait.equals(DurationText.FOREVER) ? null : wait;
  }

  /** Returns how often a follower looks for what is new while something comes. */
  public Duration pollInterval() {
    return required(Setting.POLL_INTERVAL);
  }

  /** Returns how often it looks when nothing has come for long; at least as long. */
  public Duration pollIntervalIdle() {
    Duration idle = required(Setting.POLL_INTERVAL_IDLE);
    return idle.compareTo(pollInterval()) < 0 ? pollInterval() : idle;
  }

  /** Returns how old what a follower shows may be; zero for any age. */
  public Duration maxLag() {
    return required(Setting.MAX_LAG);
  }

  /** Returns the text of a setting, secrets too; null if it is not set. */
  public @Nullable String get(Setting<?> setting) {
    return given(setting).text();
  }

  /** Returns where the value of a setting comes from. */
  public SettingSource source(Setting<?> setting) {
    return given(setting).source();
  }

  /**
   * Returns what is set for the object store by its keys without prefix, such as {@code
   * s3.endpoint}; has secrets.
   */
  public Map<String, String> storeSettings() {
    var store = new TreeMap<String, String>();
    for (SettingValue<?> value : values.values()) {
      String text = value.given().text();
      if (value.setting().goesToStore() && text != null) {
        store.put(value.setting().key(), text);
      }
    }
    return store;
  }

  /** Returns the settings that these were resolved from, in the order in which they are shown. */
  List<Setting<?>> settings() {
    return List.copyOf(values.keySet());
  }

  /**
   * Returns the settings whose values differ, wherever they come from; empty if a connection may
   * join.
   *
   * @param other resolved from the same known settings
   */
  public List<Setting<?>> differences(Settings other) {
    var different = new ArrayList<Setting<?>>();
    for (Setting<?> setting : values.keySet()) {
      if (!Objects.equals(value(setting), other.value(setting))) {
        different.add(setting);
      }
    }
    return different;
  }

  /** Returns what was set for a replica and nothing here takes; null if there is none. */
  @Nullable UnclaimedSetting unclaimed() {
    return unclaimed;
  }

  private SettingText given(Setting<?> setting) {
    return Objects.requireNonNull(values.get(setting)).given();
  }

  private <T> T required(Setting<T> setting) {
    return Objects.requireNonNull(value(setting));
  }

  /** What the text was read as; the map has for each setting what its own parser made. */
  @SuppressWarnings("unchecked")
  <T> @Nullable T value(Setting<T> setting) {
    return (T) Objects.requireNonNull(values.get(setting)).value();
  }

  /** Equal values, wherever they come from. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Settings settings && differences(settings).isEmpty();
  }

  @Override
  public int hashCode() {
    int hash = 1;
    for (SettingValue<?> value : values.values()) {
      hash = 31 * hash + Objects.hashCode(value.value());
    }
    return hash;
  }

  /** Returns what differs from the default, without secrets. */
  @Override
  public String toString() {
    return values.values().stream()
        .filter(value -> value.given().source() != SettingSource.DEFAULT)
        .map(SettingValue::toString)
        .collect(Collectors.joining(", ", "Settings[", "]"));
  }
}
