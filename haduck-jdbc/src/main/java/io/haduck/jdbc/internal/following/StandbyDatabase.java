package io.haduck.jdbc.internal.following;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.follower.Follower;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.DatabaseRole;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.database.ConnectionTransaction;
import io.haduck.jdbc.internal.database.DifferentSettings;
import io.haduck.jdbc.internal.database.PromotionSite;
import io.haduck.jdbc.internal.database.StandingBy;
import io.haduck.jdbc.internal.database.TextGuard;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A database that is followed until this process is its writer. Safe for any thread. */
final class StandbyDatabase implements StandingBy, Followed {
  private static final Logger log = LoggerFactory.getLogger(StandbyDatabase.class);

  private final Path path;
  private final Settings settings;
  private final ReplicaLocation location;
  private final StandbyInstance instance;
  private final ShownCopies copies;
  private final ReplicationListeners listeners;
  private final StandbyContest contest;
  private volatile @Nullable Follower follower;
  private volatile boolean promoted;

  /** One that shows a first copy. */
  StandbyDatabase(
      DatabasePath named,
      Settings settings,
      ReplicaLocation location,
      StandbyInstance instance,
      ShownCopies copies,
      Follower follower,
      PromotionSite site,
      ReplicationListeners listeners) {
    this.listeners = listeners;
    this.path = named.file();
    this.settings = settings;
    this.location = location;
    this.instance = instance;
    this.copies = copies;
    this.follower = follower;
    this.contest =
        new StandbyContest(
            path, settings, location, copies, follower, site, listeners, this::becameWriter);
  }

  /** Begins to contend. */
  void begin() {
    log.info("{} stands by for {}", path, location);
    contest.begin();
  }

  /** DuckDB has the database itself open by now. */
  private void becameWriter() {
    promoted = true;
    stopFollowing();
  }

  private void stopFollowing() {
    Follower ending = follower;
    follower = null;
    try {
      if (ending != null) {
        ending.close();
      }
    } finally {
      copies.close();
    }
  }

  // --- for the instance

  @Override
  public Connection connect() throws SQLException {
    return instance.connect();
  }

  @Override
  public boolean isPromoted() {
    return promoted;
  }

  @Override
  public TextGuard guard(ConnectionTransaction transaction) {
    return new StandbyGuard(this, this::isPromoted, transaction);
  }

  @Override
  public DatabaseStatus status(int connections) {
    Follower now = follower;
    return new DatabaseStatus(
        path,
        DatabaseRole.STANDBY,
        connections,
        false,
        Optional.empty(),
        Optional.ofNullable(now).map(Follower::status));
  }

  @Override
  public ReplicationListeners listeners() {
    return listeners;
  }

  @Override
  public void requireSame(Settings wanted) {
    List<Setting<?>> different = DifferentSettings.between(wanted, settings);
    if (!different.isEmpty()) {
      throw new InvalidConfigurationException(
          path
              + " stands by in this JVM with other values of "
              + different.stream().map(Setting::qualifiedKey).collect(Collectors.joining(", "))
              + "; all connections to one database share them");
    }
  }

  @Override
  public void promote(Duration timeout) throws SQLException, InterruptedException {
    contest.promote(timeout);
  }

  @Override
  public void ended() {
    contest.end(this::stopFollowing);
  }

  // --- for its connections

  @Override
  public Path path() {
    return path;
  }

  @Override
  public String mode() {
    return "standby";
  }

  @Override
  public String replica() {
    return location.toString();
  }

  @Override
  public boolean limitsLag() {
    return !promoted && !settings.maxLag().isZero();
  }

  @Override
  public boolean isWritten() {
    return promoted;
  }

  @Override
  public @Nullable Follower follower() {
    return follower;
  }

  @Override
  public DatabaseStatus status() {
    return status(0);
  }

  @Override
  public void closed(Connection connection) {}
}
