package io.haduck.jdbc;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.replica.ReplicationListener;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.SweepSettings;
import io.haduck.jdbc.internal.url.DatabasePath;
import io.haduck.jdbc.internal.url.HaduckUrl;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DataSource} with bean properties, for containers and pools that configure by setters.
 *
 * <p>The setters are haduck's settings by their names; durations are written as in a URL ({@code
 * 30s}). What is not set comes from system properties, the environment and the defaults. Set
 * everything before the first connection; connecting is safe for any thread.
 */
public final class HaduckDataSource implements DataSource {
  private final HaduckDriver driver = new HaduckDriver();
  private final Properties properties = new Properties();
  private @Nullable String url;
  private @Nullable PrintWriter logWriter;
  private @Nullable ReplicationListener listener;
  private int loginTimeout;

  /** Makes a data source without a URL yet. */
  public HaduckDataSource() {}

  /** Makes a data source for a URL, which may hold settings too. */
  public HaduckDataSource(String url) {
    this.url = url;
  }

  /** Sets the URL, such as {@code jdbc:haduck:/data/my.duckdb}. */
  public void setUrl(String url) {
    this.url = url;
  }

  /**
   * Returns the URL without the values of haduck's settings, which may be secrets; null if it is
   * not set.
   */
  public @Nullable String getUrl() {
    return url == null ? null : HaduckUrl.withoutSettings(url);
  }

  /**
   * Sets the database file, instead of a URL.
   *
   * @throws InvalidConfigurationException if the path contains a semicolon, which no URL of
   *     DuckDB's can express
   */
  public void setDatabase(String path) {
    DatabasePath.requireNoSemicolon(path);
    this.url = HaduckUrl.PREFIX + path;
  }

  /** Sets what this process does with the database: {@code writer}. */
  public void setMode(String mode) {
    set(Setting.MODE, mode);
  }

  /** Sets where to replicate to: {@code s3://bucket/prefix} or {@code file:/directory}. */
  public void setReplica(String replica) {
    set(Setting.REPLICA, replica);
  }

  /**
   * Sets the name below the replica. By default it is that of the file, and then the replica serves
   * the database of this path only; with a name it serves one at any path, which may be moved.
   */
  public void setName(String name) {
    set(Setting.NAME, name);
  }

  /** Sets what waits for the store: {@code async}, {@code checkpoint} or {@code commit}. */
  public void setDurability(String durability) {
    set(Setting.DURABILITY, durability);
  }

  /**
   * Sets how long commits that nothing waits for may gather before they are sent, such as {@code
   * 1s}.
   */
  public void setSyncInterval(String syncInterval) {
    set(Setting.SYNC_INTERVAL, syncInterval);
  }

  /** Sets how long a call may wait for the object store, such as {@code 30s}. */
  public void setSyncTimeout(String syncTimeout) {
    set(Setting.SYNC_TIMEOUT, syncTimeout);
  }

  /** Sets how long the replication outlives the last connection, such as {@code 30s}. */
  public void setLinger(String linger) {
    set(Setting.LINGER, linger);
  }

  /**
   * Sets how long the end of the JVM may be put off for sending what was committed, such as {@code
   * 25s}.
   */
  public void setShutdownTimeout(String shutdownTimeout) {
    set(Setting.SHUTDOWN_TIMEOUT, shutdownTimeout);
  }

  /**
   * Sets what to do when the file is missing and the replica is not: {@code if_missing}, {@code
   * never}, or {@code required}, which also refuses a replica that does not hold the database
   * already.
   */
  public void setRestore(String restore) {
    set(Setting.RESTORE, restore);
  }

  /**
   * Sets what to do with a local database that has changes of its own: {@code error} or {@code
   * restore}.
   */
  public void setOnDiverge(String onDiverge) {
    set(Setting.ON_DIVERGE, onDiverge);
  }

  /** Sets what to do when the store does not answer at opening: {@code error} or {@code allow}. */
  public void setOffline(String offline) {
    set(Setting.OFFLINE, offline);
  }

  /**
   * Sets how often all blocks are compared with the replica's, such as {@code 24h}; 0 for never.
   */
  public void setScrubInterval(String scrubInterval) {
    set(Setting.SCRUB_INTERVAL, scrubInterval);
  }

  /** Sets for how long any checkpoint can be restored at least, such as {@code 30d}. */
  public void setRetention(String retention) {
    set(SweepSettings.RETENTION, retention);
  }

  /** Sets for how long any commit can be restored at least, such as {@code 7d}. */
  public void setRetentionWal(String retentionWal) {
    set(SweepSettings.RETENTION_WAL, retentionWal);
  }

  /** Sets of how many of the last hours the last state is kept. */
  public void setKeepHourly(String keepHourly) {
    set(SweepSettings.KEEP_HOURLY, keepHourly);
  }

  /** Sets of how many of the last days the last state is kept. */
  public void setKeepDaily(String keepDaily) {
    set(SweepSettings.KEEP_DAILY, keepDaily);
  }

  /** Sets of how many of the last weeks the last state is kept. */
  public void setKeepWeekly(String keepWeekly) {
    set(SweepSettings.KEEP_WEEKLY, keepWeekly);
  }

  /** Sets of how many of the last months the last state is kept. */
  public void setKeepMonthly(String keepMonthly) {
    set(SweepSettings.KEEP_MONTHLY, keepMonthly);
  }

  /** Sets of how many of the last years the last state is kept. */
  public void setKeepYearly(String keepYearly) {
    set(SweepSettings.KEEP_YEARLY, keepYearly);
  }

  /** Sets how many of the newest checkpoints are kept whatever their age. */
  public void setRetentionMinimum(String retentionMinimum) {
    set(SweepSettings.RETENTION_MINIMUM, retentionMinimum);
  }

  /** Sets in which time zone days, weeks, months and years begin, such as {@code Europe/Berlin}. */
  public void setRetentionZone(String retentionZone) {
    set(SweepSettings.RETENTION_ZONE, retentionZone);
  }

  /**
   * Sets whether what the retention gives up is deleted: {@code on}, {@code off}, or {@code
   * dry_run}.
   */
  public void setGc(String gc) {
    set(SweepSettings.GC, gc);
  }

  /** Sets how often what the retention gives up is deleted, such as {@code 24h}. */
  public void setGcInterval(String gcInterval) {
    set(SweepSettings.GC_INTERVAL, gcInterval);
  }

  /** Sets what is younger is not deleted, such as {@code 24h}. */
  public void setGcGrace(String gcGrace) {
    set(SweepSettings.GC_GRACE, gcGrace);
  }

  /**
   * Sets how what is sent is compressed: {@code auto}, {@code none}, or {@code zstd:} and a level,
   * such as {@code zstd:3}.
   */
  public void setCompression(String compression) {
    set(Setting.COMPRESSION, compression);
  }

  /**
   * Sets whether to ask DuckDB for a checkpoint soon after statements that it is known not to
   * replay: {@code true} or {@code false}.
   */
  public void setReplayCheckpoint(String replayCheckpoint) {
    set(Setting.REPLAY_CHECKPOINT, replayCheckpoint);
  }

  /** Sets after how many commits DuckDB shall checkpoint; 0 leaves that to DuckDB. */
  public void setWalCommits(String walCommits) {
    set(Setting.WAL_COMMITS, walCommits);
  }

  /** Sets what sees to it that one process at a time writes the database. */
  public void setLease(String lease) {
    set(Setting.LEASE, lease);
  }

  /** Sets for how long a writer that gives no sign of life is left alone, such as {@code 15s}. */
  public void setLeaseTtl(String leaseTtl) {
    set(Setting.LEASE_TTL, leaseTtl);
  }

  /** Sets how long opening waits for another writer, such as {@code 30s}, or {@code forever}. */
  public void setLeaseWait(String leaseWait) {
    set(Setting.LEASE_WAIT, leaseWait);
  }

  /** Sets what others call this process. */
  public void setLabel(String label) {
    set(Setting.LABEL, label);
  }

  /** Sets how often a follower looks for what is new while something comes, such as {@code 1s}. */
  public void setPollInterval(String pollInterval) {
    set(Setting.POLL_INTERVAL, pollInterval);
  }

  /** Sets how often a follower looks for what is new when nothing has come for long. */
  public void setPollIntervalIdle(String pollIntervalIdle) {
    set(Setting.POLL_INTERVAL_IDLE, pollIntervalIdle);
  }

  /** Sets how old what a follower shows may be, such as {@code 30s}; 0 for any age. */
  public void setMaxLag(String maxLag) {
    set(Setting.MAX_LAG, maxLag);
  }

  /** Sets the bucket, instead of a replica. */
  public void setS3Bucket(String bucket) {
    set(Setting.S3_BUCKET, bucket);
  }

  /** Sets the prefix within the bucket. */
  public void setS3Prefix(String prefix) {
    set(Setting.S3_PREFIX, prefix);
  }

  /** Sets the URL of an S3-compatible service. */
  public void setS3Endpoint(String endpoint) {
    setOfStore("s3.endpoint", endpoint);
  }

  /** Sets the region. */
  public void setS3Region(String region) {
    setOfStore("s3.region", region);
  }

  /** Sets whether the bucket stands in the path. */
  public void setS3PathStyle(boolean pathStyle) {
    setOfStore("s3.path_style", Boolean.toString(pathStyle));
  }

  /** Sets the access key id. */
  public void setS3AccessKey(String accessKey) {
    setOfStore("s3.access_key", accessKey);
  }

  /** Sets the secret of the access key. */
  public void setS3SecretKey(String secretKey) {
    setOfStore("s3.secret_key", secretKey);
  }

  /** Sets the session token of temporary credentials. */
  public void setS3SessionToken(String sessionToken) {
    setOfStore("s3.session_token", sessionToken);
  }

  /**
   * Sets the encryption to ask the store for: {@code AES256}, {@code aws:kms}, {@code
   * aws:kms:dsse}.
   */
  public void setS3Sse(String sse) {
    setOfStore("s3.sse", sse);
  }

  /** Sets the KMS key of {@code aws:kms}. */
  public void setS3SseKmsKeyId(String keyId) {
    setOfStore("s3.sse_kms_key_id", keyId);
  }

  /** Sets when checksums are sent: {@code when_required} or {@code when_supported}. */
  public void setS3Checksums(String checksums) {
    setOfStore("s3.checksums", checksums);
  }

  /**
   * Sets who is told how replication goes, on a thread of its own; see {@link Haduck#addListener}.
   * One instance may serve any number of databases.
   */
  public void setListener(@Nullable ReplicationListener listener) {
    this.listener = listener;
  }

  /** Sets any property: one of haduck's with its prefix {@code haduck.}, or one of DuckDB's. */
  public void setProperty(String key, String value) {
    properties.setProperty(key, value);
  }

  private void set(Setting<?> setting, @Nullable String value) {
    setByKey(setting.qualifiedKey(), value);
  }

  /** By its key, since the store that declares it may not be on the class path. */
  private void setOfStore(String key, @Nullable String value) {
    setByKey(Setting.PREFIX + key, value);
  }

  private void setByKey(String qualifiedKey, @Nullable String value) {
    if (value == null) {
      properties.remove(qualifiedKey);
    } else {
      properties.setProperty(qualifiedKey, value);
    }
  }

  @Override
  public Connection getConnection() throws SQLException {
    String target = url;
    if (target == null || !HaduckUrl.accepts(target)) {
      throw new SQLException(
          "set the url of the data source to one that begins with " + HaduckUrl.PREFIX);
    }
    Connection connection =
        Objects.requireNonNull(driver.connect(target, (Properties) properties.clone()));
    ReplicationListener told = listener;
    if (told != null) {
      boolean unused =
          FollowedConnection.addListener(connection, told); // in memory: nothing to tell
    }
    return connection;
  }

  /** DuckDB has no users: both are ignored. */
  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    return getConnection();
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return logWriter;
  }

  /** Kept and not used: haduck logs through SLF4J. */
  @Override
  public void setLogWriter(@Nullable PrintWriter out) {
    this.logWriter = out;
  }

  /** Kept and not used: opening takes the time that a restore takes. */
  @Override
  public void setLoginTimeout(int seconds) {
    this.loginTimeout = seconds;
  }

  @Override
  public int getLoginTimeout() {
    return loginTimeout;
  }

  @Override
  public Logger getParentLogger() {
    return driver.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> iface) throws SQLException {
    if (!iface.isInstance(this)) {
      throw new SQLException("not a wrapper for " + iface.getName());
    }
    return iface.cast(this);
  }

  @Override
  public boolean isWrapperFor(Class<?> iface) {
    return iface.isInstance(this);
  }

  /** Without secrets. */
  @Override
  public String toString() {
    return "HaduckDataSource[" + getUrl() + ", " + properties.stringPropertyNames() + "]";
  }
}
