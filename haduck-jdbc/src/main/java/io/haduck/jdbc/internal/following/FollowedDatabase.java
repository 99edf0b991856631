package io.haduck.jdbc.internal.following;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.follower.Follower;
import io.haduck.core.follower.FollowerOptions;
import io.haduck.core.follower.FollowerStatus;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.DatabaseRole;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.database.DifferentSettings;
import io.haduck.jdbc.internal.database.ReplicaPlacement;
import io.haduck.jdbc.internal.sql.SqlErrors;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One database that this JVM follows: the follower, the DuckDB instance that shows its copies, and
 * the connections to it. Begun by the first connection; goes on for {@code linger} after the last.
 *
 * <p>Safe for any thread. The lock is held while the first copy is fetched, which whoever else
 * connects has to wait for.
 */
final class FollowedDatabase implements Followed {
  private static final Logger log = LoggerFactory.getLogger(FollowedDatabase.class);
  private static final ThreadFactory ENDING = DaemonThreads.named("haduck-follower-linger");

  /** As long as a ticker can count. */
  private static final Duration FOR_EVER = Duration.ofDays(100 * 365);

  private final DatabasePath named;
  private final Path path;
  private final StatusOffer offer;
  private final Consumer<FollowedDatabase> forgotten;
  private final ReentrantLock lock = new ReentrantLock();
  private final ReplicationListeners listeners = new ReplicationListeners();

  /** Those that are not known to be closed; those that nobody refers to any more vanish. */
  @GuardedBy("lock")
  private final Set<FollowerConnection> connections =
      Collections.newSetFromMap(new WeakHashMap<>());

  private volatile @Nullable Running running;

  /** Somebody connects, and holds the lock; written under it. */
  private volatile boolean beginning;

  /** How many these are; written under the lock. */
  private volatile int connected;

  @GuardedBy("lock")
  private boolean ended;

  /** Counts moments at which nobody was connected, so that an older one's linger means nothing. */
  @GuardedBy("lock")
  private long idle;

  /** What there is while it is followed. */
  private record Running(
      Settings settings, Object options, String replica, Follower follower, ShownCopies copies) {}

  /**
   * One that is not followed yet.
   *
   * @param offer lets SQL ask how it is doing
   * @param forgotten told when it is not followed any more
   */
  FollowedDatabase(DatabasePath named, StatusOffer offer, Consumer<FollowedDatabase> forgotten) {
    this.named = named;
    this.offer = offer;
    this.path = named.file();
    this.forgotten = forgotten;
  }

  @Override
  public Path path() {
    return path;
  }

  // --- connecting and closing

  /** Connects; null if this object has ended meanwhile. */
  @Nullable FollowerConnection connect(Settings wanted, CopyOpener opener) throws SQLException {
    lock.lock();
    try {
      if (!ended && connections.isEmpty() && isOther(wanted, opener)) {
        end(); // it only lingers, and is begun anew
      }
      return ended ? null : connectNow(wanted, opener);
    } catch (HaduckException e) {
      throw SqlErrors.connecting(e);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private FollowerConnection connectNow(Settings wanted, CopyOpener opener) throws SQLException {
    boolean done = false;
    try {
      Running now = running;
      if (now == null) {
        beginning = true; // which may take long
        try {
          now = begin(wanted, opener);
        } finally {
          beginning = false;
        }
        running = now;
      } else {
        requireSame(now, wanted, opener);
      }
      idle++;
      var connection = new FollowerConnection(now.copies().connect(), this);
      connections.add(connection);
      connected = connections.size();
      done = true;
      return connection;
    } finally {
      if (!done && connections.isEmpty()) {
        end(); // nobody would
      }
    }
  }

  private Running begin(Settings settings, CopyOpener opener) throws SQLException {
    ReplicaLocation location = Objects.requireNonNull(ReplicaPlacement.locate(named, settings));
    var copies = new ShownCopies(opener, DuckDbReplay.ofTheDriver());
    ObjectStore store = ObjectStoreProvider.openStore(location, settings.storeSettings());
    Follower follower = null;
    boolean done = false;
    try {
      FollowerOptions options =
          FollowerOptions.of(path, store)
              .withPolling(settings.pollInterval(), idlePolling(settings))
              .withWaiting(patience(settings), emptyWait(settings))
              .withMaxLag(settings.maxLag().isZero() ? null : settings.maxLag())
              .withFreshWhenLost(settings.onDiverge() == DivergePolicy.RESTORE)
              .withListener(new FollowerNews(path, listeners, this::lookForClosed));
      follower = Follower.open(options, copies);
      log.info("{} follows {}", path, store);
      try (DuckDBConnection own = copies.connect()) {
        offer.to(own, () -> List.of(status()));
      }
      done = true;
      return new Running(settings, opener.options(), store.toString(), follower, copies);
    } finally {
      if (!done) {
        if (follower != null) {
          follower.close();
        }
        copies.close();
        store.close();
      }
    }
  }

  /** For so long a replica that is empty is waited for: not at all unless the user says so. */
  private static Duration emptyWait(Settings settings) {
    if (settings.get(Setting.LEASE_WAIT) == null) {
      return Duration.ZERO;
    }
    Duration wait = settings.leaseWait();
    return wait == null ? FOR_EVER : wait;
  }

  /** For so long a store that does not answer is waited for, where nothing can be served. */
  private static Duration patience(Settings settings) {
    Duration wait = emptyWait(settings);
    return wait.compareTo(settings.syncTimeout()) > 0 ? wait : settings.syncTimeout();
  }

  /** So often that what is shown is never too old for want of a look. */
  static Duration idlePolling(Settings settings) {
    Duration half = settings.maxLag().dividedBy(2);
    if (half.isZero() || half.compareTo(settings.pollIntervalIdle()) >= 0) {
      return settings.pollIntervalIdle();
    }
    if (half.compareTo(settings.pollInterval()) < 0) {
      throw new InvalidConfigurationException(
          "haduck.max_lag="
              + settings.get(Setting.MAX_LAG)
              + " cannot be kept by looking every haduck.poll_interval="
              + settings.get(Setting.POLL_INTERVAL)
              + "; max_lag must be at least twice as long");
    }
    return half;
  }

  private boolean isOther(Settings wanted, CopyOpener opener) {
    Running now = running;
    return now != null
        && (!now.options().equals(opener.options())
            || !DifferentSettings.between(wanted, now.settings()).isEmpty());
  }

  private void requireSame(Running now, Settings wanted, CopyOpener opener) {
    if (!now.options().equals(opener.options())) {
      throw new InvalidConfigurationException(
          path
              + " is followed in this JVM with other options of DuckDB's; all connections to a followed database share"
              + " them: set what one connection needs by SQL");
    }
    List<Setting<?>> different = DifferentSettings.between(wanted, now.settings());
    if (!different.isEmpty()) {
      throw new InvalidConfigurationException(
          path
              + " is followed in this JVM with other values of "
              + different.stream().map(Setting::qualifiedKey).collect(Collectors.joining(", "))
              + "; all connections to one database share them");
    }
  }

  @Override
  public void closed(Connection connection) {
    lock.lock();
    try {
      connections.remove(connection);
      connected = connections.size();
      lingerIfIdle(true);
    } finally {
      lock.unlock();
    }
  }

  /** Some may have been closed behind our back, or left to the garbage collector. */
  private void lookForClosed() {
    if (lock.tryLock()) {
      try {
        connections.removeIf(FollowerConnection::isClosedBehind);
        int left = connections.size(); // without those that nobody refers to any more
        if (left != connected) {
          connected = left;
          lingerIfIdle(false);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Begins to linger.
   *
   * @param byUser whether on a thread of the user's, which may end it; the follower's own may not
   */
  @GuardedBy("lock")
  private void lingerIfIdle(boolean byUser) {
    Running now = running;
    if (now == null || !connections.isEmpty()) {
      return;
    }
    long since = ++idle;
    long linger = now.settings().linger().toMillis();
    if (linger == 0 && byUser) {
      end();
      return;
    }
    CompletableFuture.delayedExecutor(
            linger, TimeUnit.MILLISECONDS, task -> ENDING.newThread(task).start())
        .execute(() -> lingerIsOver(since));
  }

  private void lingerIsOver(long since) {
    lock.lock();
    try {
      if (idle == since) {
        end();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends it if nobody is connected, nor is about to be. */
  void endIfIdle() {
    if (beginning) {
      return;
    }
    lookForClosed();
    lock.lock();
    try {
      if (connections.isEmpty()) {
        end();
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    Running now = running;
    running = null;
    try {
      if (now != null) {
        now.follower().close();
        log.info("{} is not followed any more", path);
      }
    } catch (HaduckException e) {
      log.warn("following {} cannot be ended: {}", path, e.getMessage());
    } finally {
      if (now != null) {
        now.copies().close();
      }
      forgotten.accept(this); // who connects now waits for the lock, and asks the registry again
    }
  }

  // --- what its connections ask

  @Override
  public @Nullable Follower follower() {
    Running now = running;
    return now == null ? null : now.follower();
  }

  @Override
  public ReplicationListeners listeners() {
    return listeners;
  }

  @Override
  public boolean limitsLag() {
    Running now = running;
    return now != null && !now.settings().maxLag().isZero();
  }

  @Override
  public String mode() {
    return "follower";
  }

  @Override
  public String replica() {
    Running now = running;
    return now == null ? "its replica" : now.replica();
  }

  @Override
  public DatabaseStatus status() {
    Follower now = follower();
    Optional<FollowerStatus> status = Optional.ofNullable(now).map(Follower::status);
    return new DatabaseStatus(
        path, DatabaseRole.FOLLOWER, connected, false, Optional.empty(), status);
  }
}
