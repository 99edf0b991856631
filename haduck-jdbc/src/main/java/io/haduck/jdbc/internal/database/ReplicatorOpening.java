package io.haduck.jdbc.internal.database;

import io.haduck.core.CommitReceipt;
import io.haduck.core.HaduckException;
import io.haduck.core.follower.FollowerCopy;
import io.haduck.core.lease.LeaseOptions;
import io.haduck.core.lease.LeaseRecord;
import io.haduck.core.lease.LeaseRequests;
import io.haduck.core.lease.WriterLease;
import io.haduck.core.replica.Replicator;
import io.haduck.core.replica.ReplicatorOptions;
import io.haduck.core.replica.Rewind;
import io.haduck.core.settings.DivergePolicy;
import io.haduck.core.settings.LeasePolicy;
import io.haduck.core.settings.OfflinePolicy;
import io.haduck.core.settings.OpeningPolicy;
import io.haduck.core.settings.ResolvedSweep;
import io.haduck.core.settings.RestorePolicy;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.time.Duration;
import java.util.Optional;

/** Opens replicators as the settings of a database say. */
public final class ReplicatorOpening {
  /** Of a standby: what lies there and is in the way, such as of a writer that died, is kept. */
  private static final OpeningPolicy PROMOTED =
      new OpeningPolicy(
          RestorePolicy.IF_MISSING, DivergePolicy.RESTORE, OfflinePolicy.ERROR, false);

  private ReplicatorOpening() {}

  /**
   * Judges the local file, restores it if it is missing, waits for the lease, and takes the log
   * over. DuckDB must not have the file open.
   */
  static Replicator open(
      DatabasePath database, Settings settings, ReplicaLocation location, DatabaseOpening opening) {
    long begun = System.nanoTime(); // setting up a first client takes long
    ObjectStore store = ObjectStoreProvider.openStore(location, settings.storeSettings());
    WriterLease lease = WriterLease.none();
    try {
      Promoted promoted = opening.promoted();
      lease = promoted == null ? lease(settings, location, opening.waits()) : promoted.lease();
      FollowerCopy copy = promoted == null ? null : promoted.copy();
      ReplicatorOptions options =
          options(database, settings, store)
              .withLease(lease)
              .withTrial(opening.trial())
              .withOpeningBegun(begun);
      if (promoted != null) {
        options = options.withPolicy(PROMOTED);
      }
      return Replicator.open(copy == null ? options : options.withCopy(copy));
    } catch (RuntimeException | Error e) {
      try {
        lease.close();
        store.close();
      } catch (HaduckException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  /** By a client of its own: a long upload must not cost it. */
  private static WriterLease lease(Settings settings, ReplicaLocation location, boolean waits) {
    ObjectStore store = ObjectStoreProvider.openStore(location, settings.storeSettings());
    String label = settings.get(Setting.LABEL);
    Duration wait = waits ? settings.leaseWait() : Duration.ZERO;
    return settings.lease() == LeasePolicy.OFF
        ? WriterLease.off(store, label)
        : WriterLease.opening(store, new LeaseOptions(settings.leaseTtl(), wait), label);
  }

  private static ReplicatorOptions options(
      DatabasePath database, Settings settings, ObjectStore store) {
    return ReplicatorOptions.of(database.file(), store)
        .withWritten(database.written(), settings.get(Setting.NAME) != null)
        .withPolicy(
            new OpeningPolicy(settings.restore(), settings.onDiverge(), settings.offline(), false))
        .withTimes(settings.syncInterval(), settings.syncTimeout())
        .withScrubInterval(settings.scrubInterval())
        .withCompression(settings.compression())
        .withSweep(ResolvedSweep.of(settings));
  }

  /** As {@link FencedReplicas#requireOurs}; asks for the lease where that counts. */
  public static void requireOurs(
      FencedReplicas fenced, Settings settings, ReplicaLocation location) {
    fenced.requireOurs(location, () -> leaseSession(settings, location));
  }

  /** Of whose session it is or was; empty if there is none. */
  private static Optional<String> leaseSession(Settings settings, ReplicaLocation location) {
    try (ObjectStore store = ObjectStoreProvider.openStore(location, settings.storeSettings())) {
      return LeaseRequests.read(store).map(LeaseRecord::session);
    }
  }

  /** See {@link Rewind#run}. */
  public static CommitReceipt rewind(
      DatabasePath database, Settings settings, ReplicaLocation location)
      throws InterruptedException {
    try (ObjectStore store = ObjectStoreProvider.openStore(location, settings.storeSettings());
        WriterLease lease = lease(settings, location, true)) {
      return Rewind.run(
          options(database, settings, store).withLease(lease), settings.syncTimeout());
    }
  }
}
