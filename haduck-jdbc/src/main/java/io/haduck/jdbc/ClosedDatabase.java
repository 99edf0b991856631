package io.haduck.jdbc;

import io.haduck.core.CommitReceipt;
import io.haduck.core.FencedException;
import io.haduck.core.LocalFileException;
import io.haduck.core.Ticker;
import io.haduck.core.internal.log.PatientStore;
import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.core.settings.LeasePolicy;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.jdbc.internal.database.DetachedDuckDb;
import io.haduck.jdbc.internal.database.DuckDbTrial;
import io.haduck.jdbc.internal.database.OpenDatabases;
import io.haduck.jdbc.internal.database.ReplicatedPath;
import io.haduck.jdbc.internal.database.ReplicatorOpening;
import io.haduck.jdbc.internal.url.DatabasePath;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Properties;

/** What {@link Haduck} does with a database that nobody has open, and with its replica. */
final class ClosedDatabase {
  private ClosedDatabase() {}

  /** As {@link Haduck#replica}. */
  static ObjectStore replica(String url, Properties info) {
    ReplicatedPath named = ReplicatedPath.of(url, info);
    Settings settings = named.settings();
    return new PatientStore(
        ObjectStoreProvider.openStore(named.location(), settings.storeSettings()),
        settings.syncTimeout(),
        Ticker.system());
  }

  /** As {@link Haduck#rewind}. */
  static CommitReceipt rewind(String url, Properties info) throws InterruptedException {
    ReplicatedPath named = ReplicatedPath.of(url, info);
    OpenDatabases databases = OfThisJvm.databases();
    databases.requireIdle(named.path().file());
    databases.requireIdle(named.location());
    ReplicatorOpening.requireOurs(databases.fencedReplicas(), named.settings(), named.location());
    try {
      return ReplicatorOpening.rewind(named.path(), named.settings(), named.location());
    } catch (FencedException e) {
      if (named.settings().lease() == LeasePolicy.OFF) { // else it waits for the other one's lease
        databases.fencedReplicas().add(named.location(), e, null);
      }
      throw e;
    }
  }

  /** As {@link Haduck#restore}. */
  static RestoreResult restore(RestoreRequest request) {
    try {
      Path destination = DatabasePath.resolve(request.destination().toString()).file();
      OfThisJvm.databases().requireIdle(destination);
    } catch (IOException e) {
      throw new LocalFileException("cannot find " + request.destination() + ": " + e, e);
    }
    return Restorer.create().restore(request, new DuckDbTrial(DetachedDuckDb::open));
  }
}
