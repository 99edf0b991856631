package io.haduck.core.settings;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a user can set. In URLs, {@code Properties} and system properties a key is written with the
 * prefix {@code haduck.}; each has one environment variable.
 */
public enum Setting {
  REPLICA(
      "replica",
      null,
      "Where the database is replicated to: s3://bucket/prefix or file:/directory; its name is appended."
          + " none, or neither this nor s3.bucket nor anything else of a replica: nothing is uploaded."),
  NAME(
      "name",
      null,
      "Name of the database below the replica; by default the name of its file, and then the replica serves this path"
          + " only."),
  MODE("mode", "writer", "What this process does with the database: writer."),
  DURABILITY(
      "durability",
      "checkpoint",
      "What waits for the object store: async (nothing), checkpoint (CHECKPOINT, sync, the last close) or commit"
          + " (every commit too)."),
  SYNC_INTERVAL(
      "sync_interval",
      "1s",
      "How long commits that nothing waits for may gather before they are sent, and how often to look for changes"
          + " that no file event and no statement announced."),
  SYNC_TIMEOUT(
      "sync_timeout",
      "30s",
      "How long a call may wait for the object store in all, before it reports that replication is pending."),
  LINGER(
      "linger",
      "30s",
      "How long the replicator outlives the last connection, so that opening again costs little."),
  SHUTDOWN_TIMEOUT(
      "shutdown_timeout",
      "25s",
      "How long the end of the JVM may be put off, while the application finishes and for sending what it committed; 0"
          + " for not at all."),
  RESTORE(
      "restore",
      "if_missing",
      "What to do when the database file is missing and the replica is not: if_missing, never, or required, which also"
          + " refuses a replica that does not hold the database already."),
  ON_DIVERGE(
      "on_diverge",
      "error",
      "What to do with a local database that has changes of its own which the replica does not know: error, or restore,"
          + " which keeps its files as ….diverged-{time} and restores the replica."),
  OFFLINE(
      "offline",
      "error",
      "What to do when the object store does not answer at opening: error, or allow, which opens a local database that"
          + " was replicated there before and judges it when the store is back."),
  SCRUB_INTERVAL(
      "scrub_interval",
      "24h",
      "How often the blocks that nothing is known to have changed are hashed, slowly, and compared with the replica; 0"
          + " for never."),
  REPLAY_CHECKPOINT(
      "replay_checkpoint",
      "true",
      "Whether to ask DuckDB for a checkpoint soon after statements that it is known not to replay, such as ALTER TABLE …"
          + " ADD COLUMN … DEFAULT now(); true or false."),
  S3_BUCKET("s3.bucket", null, "Bucket of the replica; instead of replica."),
  S3_PREFIX("s3.prefix", "haduck", "Prefix within s3.bucket, below which the name is appended."),
  S3_ENDPOINT("s3.endpoint", null, "URL of an S3-compatible service; by default that of AWS."),
  S3_REGION("s3.region", null, "Region; by default what the AWS region chain finds."),
  S3_PATH_STYLE(
      "s3.path_style",
      null,
      "true puts the bucket into the path, false into the host name; by default true with s3.endpoint."),
  S3_ACCESS_KEY(
      "s3.access_key",
      null,
      "Access key id; without one the AWS default credential chain is used."),
  S3_SECRET_KEY("s3.secret_key", null, "Secret of s3.access_key."),
  S3_SESSION_TOKEN("s3.session_token", null, "Session token of temporary credentials."),
  S3_SSE("s3.sse", null, "Server-side encryption to ask for: AES256, aws:kms or aws:kms:dsse."),
  S3_SSE_KMS_KEY_ID(
      "s3.sse_kms_key_id", null, "KMS key for s3.sse=aws:kms; by default the bucket's."),
  S3_CHECKSUMS(
      "s3.checksums",
      "when_required",
      "Checksums for the store to compare: when_supported sends one with each object, when_required only once the store"
          + " has asked for one, as buckets with a default retention (Object Lock) do.");

  /** What keys begin with everywhere but in the environment. */
  public static final String PREFIX = "haduck.";

  private static final Map<String, Setting> BY_KEY = new TreeMap<>();

  static {
    for (Setting setting : values()) {
      BY_KEY.put(setting.key, setting);
    }
  }

  private final String key;
  private final String environmentName;
  private final @Nullable String defaultValue;
  private final String description;

  Setting(String key, @Nullable String defaultValue, String description) {
    this.key = key;
    this.environmentName = "HADUCK_" + key.toUpperCase(Locale.ROOT).replace('.', '_');
    this.defaultValue = defaultValue;
    this.description = description;
  }

  /** The setting with that key, written without prefix. */
  public static Optional<Setting> byKey(String key) {
    return Optional.ofNullable(BY_KEY.get(key));
  }

  /** Such as {@code s3.access_key}. */
  public String key() {
    return key;
  }

  /** Such as {@code haduck.s3.access_key}. */
  public String qualifiedKey() {
    return PREFIX + key;
  }

  /** Such as {@code HADUCK_S3_ACCESS_KEY}. */
  public String environmentName() {
    return environmentName;
  }

  /** What holds when nobody sets it; null if then nothing does. */
  public @Nullable String defaultValue() {
    return defaultValue;
  }

  /** One line for people. */
  public String description() {
    return description;
  }

  /** Whether its value must never be shown. */
  public boolean secret() {
    return this == S3_ACCESS_KEY || this == S3_SECRET_KEY || this == S3_SESSION_TOKEN;
  }

  /**
   * Whether a value that comes from the environment or a system property can serve only one
   * database of the JVM.
   */
  public boolean perDatabase() {
    return this == REPLICA || this == NAME;
  }

  /** Whether this is for the object store, and not for the engine. */
  public boolean ofStore() {
    return key.startsWith("s3.");
  }
}
