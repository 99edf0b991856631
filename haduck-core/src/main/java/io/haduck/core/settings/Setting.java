package io.haduck.core.settings;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that a user can set: its name, how its text is read, what holds by default, what it is
 * for, and whether it must not be shown. In URLs, {@code Properties} and system properties a key is
 * written with the prefix {@code haduck.}; each has one environment variable.
 *
 * <p>The engine's settings are the constants of this class; an object store declares its own
 * ({@code ObjectStoreProvider}), with keys that begin with its scheme and a dot. {@link
 * KnownSettings} has all of them. Immutable.
 *
 * @param <T> what it is to the code
 */
public final class Setting<T> {
  /** What keys begin with everywhere but in the environment. */
  public static final String PREFIX = "haduck.";

  public static final Setting<String> REPLICA =
      of(
              "replica",
              null,
              "Where the database is replicated to: s3://bucket/prefix or file:/directory; its name is appended."
                  + " none, or neither this nor s3.bucket nor anything else of a replica: nothing is uploaded.",
              ReplicaText::location)
          .forOneDatabase();

  public static final Setting<String> NAME =
      of(
              "name",
              null,
              "Name of the database below the replica; by default the name of its file, and then the replica serves this path"
                  + " only.",
              ReplicaText::name)
          .forOneDatabase();

  public static final Setting<DatabaseMode> MODE =
      constant(
          "mode",
          DatabaseMode.class,
          "writer",
          "What this process does with the database: writer; follower, which reads what another process writes; or"
              + " standby, which follows until nobody else writes, and is the writer then.");

  public static final Setting<Durability> DURABILITY =
      constant(
          "durability",
          Durability.class,
          "checkpoint",
          "What waits for the object store: async (nothing), checkpoint (CHECKPOINT, sync, the last close) or commit"
              + " (every commit too).");

  public static final Setting<Duration> SYNC_INTERVAL =
      of(
          "sync_interval",
          "1s",
          "How long commits that nothing waits for may gather before they are sent, and how often to look for changes"
              + " that no file event and no statement announced.",
          DurationText::parseLongerThanZero);

  public static final Setting<Duration> SYNC_TIMEOUT =
      of(
          "sync_timeout",
          "30s",
          "How long a call may wait for the object store in all, before it reports that replication is pending.",
          DurationText::parseLongerThanZero);

  public static final Setting<Duration> LINGER =
      of(
          "linger",
          "30s",
          "How long the replicator outlives the last connection, so that opening again costs little.",
          SettingParser.duration());

  public static final Setting<Duration> SHUTDOWN_TIMEOUT =
      of(
          "shutdown_timeout",
          "25s",
          "How long the end of the JVM may be put off, while the application finishes and for sending what it committed; 0"
              + " for not at all.",
          SettingParser.duration());

  public static final Setting<RestorePolicy> RESTORE =
      constant(
          "restore",
          RestorePolicy.class,
          "if_missing",
          "What to do when the database file is missing and the replica is not: if_missing, never, or required, which also"
              + " refuses a replica that does not hold the database already.");

  public static final Setting<DivergePolicy> ON_DIVERGE =
      constant(
          "on_diverge",
          DivergePolicy.class,
          "error",
          "What to do with a local database that has changes of its own which the replica does not know: error, or restore,"
              + " which keeps its files as ….diverged-{time} and restores the replica.");

  public static final Setting<OfflinePolicy> OFFLINE =
      constant(
          "offline",
          OfflinePolicy.class,
          "error",
          "What to do when the object store does not answer at opening: error, or allow, which opens a local database that"
              + " was replicated there before and judges it when the store is back.");

  public static final Setting<Duration> SCRUB_INTERVAL =
      of(
          "scrub_interval",
          "24h",
          "How often the blocks that nothing is known to have changed are hashed, slowly, and compared with the replica; 0"
              + " for never.",
          SettingParser.duration());

  public static final Setting<Compression> COMPRESSION =
      of(
          "compression",
          "auto",
          "How much is compressed what is sent: auto (by the bottleneck: less while the store is faster than this machine,"
              + " more while it is slower), none, or zstd:N, always that level.",
          Compression::parse);

  public static final Setting<Boolean> REPLAY_CHECKPOINT =
      of(
              "replay_checkpoint",
              "true",
              "Whether to ask DuckDB for a checkpoint soon after statements that it is known not to replay, such as ALTER TABLE …"
                  + " ADD COLUMN … DEFAULT now(); true or false.",
              SettingParser.flag())
          .withChoices("true", "false");

  public static final Setting<Long> WAL_COMMITS =
      of(
          "wal_commits",
          "5000",
          "After about how many commits DuckDB shall checkpoint, if it has not before, so that followers and restores replay"
              + " a short write-ahead log; 0 leaves that to DuckDB.",
          SettingParser.count());

  public static final Setting<LeasePolicy> LEASE =
      constant(
          "lease",
          LeasePolicy.class,
          "on",
          "What sees to it that one process at a time writes the database: on (a lease beside the log, for which others wait)"
              + " or off (you).");

  public static final Setting<Duration> LEASE_TTL =
      of(
          "lease_ttl",
          "15s",
          "For how long a writer that gives no sign of life is left alone before another process takes over; from 2s to 5m.",
          DurationText::parseLeaseTtl);

  public static final Setting<Duration> LEASE_WAIT =
      of(
          "lease_wait",
          null,
          "How long opening waits for another process that writes the database, here or elsewhere; 0 for not at all, forever;"
              + " by default twice lease_ttl.",
          DurationText::parseWait);

  public static final Setting<String> LABEL =
      of(
          "label",
          null,
          "What others call this process when they wait for it or may not write; by default its host and process number.",
          SettingParser.text());

  public static final Setting<Duration> POLL_INTERVAL =
      of(
          "poll_interval",
          "1s",
          "How often a follower looks for what is new while something comes.",
          DurationText::parseLongerThanZero);

  public static final Setting<Duration> POLL_INTERVAL_IDLE =
      of(
          "poll_interval_idle",
          "10s",
          "How often a follower looks for what is new when nothing has come for long; poll_interval if that is longer.",
          DurationText::parseLongerThanZero);

  public static final Setting<Duration> MAX_LAG =
      of(
          "max_lag",
          "0",
          "How old what a follower shows may be: statements fail while it is older; 0 for any age.",
          SettingParser.duration());

  public static final Setting<String> S3_BUCKET =
      of("s3.bucket", null, "Bucket of the replica; instead of replica.", ReplicaText::bucket);

  public static final Setting<String> S3_PREFIX =
      of(
          "s3.prefix",
          "haduck",
          "Prefix within s3.bucket, below which the name is appended.",
          ReplicaText::prefix);

  private static final List<Setting<?>> OF_ENGINE =
      List.of(
          REPLICA,
          NAME,
          MODE,
          DURABILITY,
          SYNC_INTERVAL,
          SYNC_TIMEOUT,
          LINGER,
          SHUTDOWN_TIMEOUT,
          RESTORE,
          ON_DIVERGE,
          OFFLINE,
          SCRUB_INTERVAL,
          COMPRESSION,
          REPLAY_CHECKPOINT,
          WAL_COMMITS,
          LEASE,
          LEASE_TTL,
          LEASE_WAIT,
          LABEL,
          POLL_INTERVAL,
          POLL_INTERVAL_IDLE,
          MAX_LAG,
          S3_BUCKET,
          S3_PREFIX);

  private final String key;
  private final @Nullable String defaultValue;
  private final String description;
  private final SettingParser<T> parser;
  private final List<String> choices;
  private final boolean secret;
  private final boolean perDatabase;

  private Setting(
      String key,
      @Nullable String defaultValue,
      String description,
      SettingParser<T> parser,
      List<String> choices,
      boolean secret,
      boolean perDatabase) {
    this.key = key;
    this.defaultValue = defaultValue;
    this.description = description;
    this.parser = parser;
    this.choices = choices;
    this.secret = secret;
    this.perDatabase = perDatabase;
  }

  /**
   * Declares a setting.
   *
   * @param key without prefix; that of an object store begins with its scheme and a dot
   * @param defaultValue what holds when nobody sets it, as a user would write it; null for nothing
   * @param description one line for people
   * @param parser how its text is read
   */
  public static <T> Setting<T> of(
      String key, @Nullable String defaultValue, String description, SettingParser<T> parser) {
    return new Setting<>(key, defaultValue, description, parser, List.of(), false, false);
  }

  static <E extends Enum<E>> Setting<E> constant(
      String key, Class<E> type, String defaultValue, String description) {
    return of(key, defaultValue, description, SettingParser.constant(type))
        .withChoices(
            Arrays.stream(type.getEnumConstants())
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toArray(String[]::new));
  }

  /** Returns the same setting, of which tools can offer all values. */
  public Setting<T> withChoices(String... values) {
    return new Setting<>(
        key, defaultValue, description, parser, List.of(values), secret, perDatabase);
  }

  /** Returns the same setting, whose value is never shown. */
  public Setting<T> asSecret() {
    return new Setting<>(key, defaultValue, description, parser, choices, true, perDatabase);
  }

  private Setting<T> forOneDatabase() {
    return new Setting<>(key, defaultValue, description, parser, choices, secret, true);
  }

  /** Returns the engine's settings, in the order in which they are shown. */
  static List<Setting<?>> ofEngine() {
    return OF_ENGINE;
  }

  /** Returns the key without prefix, such as {@code s3.access_key}. */
  public String key() {
    return key;
  }

  /** Returns the key with its prefix, such as {@code haduck.s3.access_key}. */
  public String qualifiedKey() {
    return PREFIX + key;
  }

  /** Returns the environment variable, such as {@code HADUCK_S3_ACCESS_KEY}. */
  public String environmentName() {
    return environmentName(key);
  }

  static String environmentName(String key) {
    return "HADUCK_" + key.toUpperCase(Locale.ROOT).replace('.', '_');
  }

  /** Returns what holds when nobody sets it; null if then nothing does. */
  public @Nullable String defaultValue() {
    return defaultValue;
  }

  /** Returns one line for people. */
  public String description() {
    return description;
  }

  /** Returns all values, if they are few; empty if they are not. */
  public List<String> choices() {
    return choices;
  }

  /** Returns how its text is read. */
  public SettingParser<T> parser() {
    return parser;
  }

  /** Returns whether its value must never be shown. */
  public boolean secret() {
    return secret;
  }

  /**
   * Returns whether a value that comes from the environment or a system property can serve only one
   * database of the JVM.
   */
  public boolean perDatabase() {
    return perDatabase;
  }

  /**
   * Returns whether object stores are given it, since its key has a dot; one that is set where
   * there is no replica means that one is missing.
   */
  public boolean goesToStore() {
    return key.indexOf('.') >= 0;
  }

  /** Returns the key. */
  @Override
  public String toString() {
    return key;
  }
}
