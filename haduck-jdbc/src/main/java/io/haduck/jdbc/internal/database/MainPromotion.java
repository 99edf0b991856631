package io.haduck.jdbc.internal.database;

import io.haduck.core.settings.Settings;
import io.haduck.jdbc.internal.sql.SqlKind;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a database that an instance has followed its main one. The replica is opened without any
 * lock of the instance, which may take long; only the swap is made under it.
 */
final class MainPromotion implements PromotionSite {
  private static final Logger log = LoggerFactory.getLogger(MainPromotion.class);
  private static final long TRY_MILLIS = 50;

  private final DatabasePath main;
  private final Settings settings;
  private final DatabaseRegistry registry;
  private final InstanceLife life;
  private final InstanceDatabases databases;
  private final MainOpening opening;

  MainPromotion(
      DatabasePath main,
      Settings settings,
      DatabaseRegistry registry,
      InstanceLife life,
      InstanceDatabases databases,
      MainOpening opening) {
    this.main = main;
    this.settings = settings;
    this.registry = registry;
    this.life = life;
    this.databases = databases;
    this.opening = opening;
  }

  @Override
  public boolean promote(Promoted promoted, Swap swap, BooleanSupplier ended) throws SQLException {
    OpenDatabase database =
        registry.open(
            main,
            settings,
            new DatabaseOpening(false, AttachOpening.trial(swap.name()), true, promoted));
    boolean done = false;
    try {
      database.listeners().add(swap.listener());
      replay(database, swap.name());
      if (!lock(ended)) {
        return false;
      }
      try {
        done = life.awaitConnectable() && swapTo(database, swap);
      } finally {
        life.lock.unlock();
      }
      return done;
    } finally {
      if (!done) {
        database.abandon();
      }
    }
  }

  /** Users write as soon as DuckDB has it open: too late for its indexes. */
  private static void replay(OpenDatabase database, String name) {
    if (!database.replays()) {
      return;
    }
    Replication current = database.current();
    try {
      new ReplayBeforeAttach(
              database.path(),
              name,
              () -> {
                if (current != null) {
                  current.changed(SqlKind.CHECKPOINTS);
                }
              })
          .run();
      database.replayed();
    } catch (SQLException e) {
      log.debug("the log of {} is replayed when it is promoted", database.path(), e);
    }
  }

  /** Whoever ends the instance holds the lock, and waits for this. */
  private boolean lock(BooleanSupplier ended) {
    boolean interrupted = false;
    try {
      while (!ended.getAsBoolean()) {
        try {
          if (life.lock.tryLock(TRY_MILLIS, TimeUnit.MILLISECONDS)) {
            return true;
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return false;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Known before DuckDB can write to it: whoever commits then waits for its replica. */
  private boolean swapTo(OpenDatabase database, Swap swap) throws SQLException {
    databases.opened(database);
    boolean done = false;
    try {
      opening.open(database, () -> swap.toWritable(database.path())).close();
      swap.done();
      done = true;
      return true;
    } finally {
      if (!done) {
        databases.notOpened();
        swap.back();
      }
    }
  }
}
