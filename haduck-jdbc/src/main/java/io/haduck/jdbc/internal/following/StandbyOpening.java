package io.haduck.jdbc.internal.following;

import io.haduck.core.follower.Follower;
import io.haduck.core.follower.FollowerOptions;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.replica.ReplicatorOptions;
import io.haduck.core.replica.StandbyReplica;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.internal.database.PromotionSite;
import io.haduck.jdbc.internal.database.ReplicaPlacement;
import io.haduck.jdbc.internal.database.StandingBy;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Begins to stand by for a database. */
public final class StandbyOpening implements StandingBy.Beginning {
  private final DatabasePath named;
  private final InMemoryConnector connector;

  public StandbyOpening(DatabasePath named, InMemoryConnector connector) {
    this.named = named;
    this.connector = connector;
  }

  @Override
  public @Nullable StandingBy begin(Settings settings, PromotionSite site) throws SQLException {
    ReplicaLocation location = Objects.requireNonNull(ReplicaPlacement.locate(named, settings));
    var instance = new StandbyInstance(connector, named.file());
    var listeners = new ReplicationListeners();
    var copies = new ShownCopies(instance, DuckDbReplay.ofTheDriver());
    ObjectStore store = ObjectStoreProvider.openStore(location, settings.storeSettings());
    Follower follower = null;
    boolean done = false;
    try {
      FollowerOptions options =
          FollowerOptions.of(named.file(), store)
              .withPolling(settings.pollInterval(), idlePolling(settings))
              .withWaiting(settings.syncTimeout(), Duration.ZERO)
              .withMaxLag(settings.maxLag().isZero() ? null : settings.maxLag())
              .withListener(new FollowerNews(named.file(), listeners, () -> {}))
              .withStandingBy();
      ReplicatorOptions written =
          ReplicatorOptions.of(named.file(), store)
              .withTimes(settings.syncInterval(), settings.syncTimeout());
      if (!StandbyReplica.isBegun(written, named.written(), settings.get(Setting.NAME) != null)) {
        return null;
      }
      follower = Follower.open(options, copies);
      var begun =
          new StandbyDatabase(
              named, settings, location, instance, copies, follower, site, listeners);
      begun.begin();
      done = true;
      return begun;
    } finally {
      if (!done) {
        close(follower, copies, store);
      }
    }
  }

  private static void close(@Nullable Follower follower, ShownCopies copies, ObjectStore store) {
    try {
      if (follower != null) {
        follower.close();
      }
    } finally {
      copies.close();
      store.close();
    }
  }

  /** Often enough to see whether the writer lives, and that nothing is too old. */
  private static Duration idlePolling(Settings settings) {
    Duration third = settings.leaseTtl().dividedBy(3);
    Duration idle = FollowedDatabase.idlePolling(settings);
    Duration shorter = third.compareTo(idle) < 0 ? third : idle;
    return shorter.compareTo(settings.pollInterval()) < 0 ? settings.pollInterval() : shorter;
  }
}
