package io.haduck.jdbc.internal.database;

import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.replica.ReplicationListeners;
import io.haduck.core.replica.ReplicatorStatus;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.jdbc.internal.url.DatabasePath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replication that one database file has at this moment, if it has one: begun before DuckDB
 * opens the file, gone on with when it is opened again with the same settings, and ended otherwise.
 *
 * <p>Confined to whoever holds the database's lock, but for {@link #get} and {@link #listeners},
 * which are for any thread.
 */
final class CurrentReplication {
  private static final Logger log = LoggerFactory.getLogger(CurrentReplication.class);

  private final Path path;
  private final Claim claim;
  private final FencedReplicas fencedReplicas;
  private final ToldDivergences divergences;
  private final BooleanSupplier lastChance;
  private final ReplicationListeners listeners = new ReplicationListeners();

  /** Null until the file was opened for the first time. */
  private @Nullable Settings settings;

  private volatile @Nullable Replication replication;

  /** The database's claim to a replica, which no other of this JVM may have meanwhile. */
  interface Claim {
    /**
     * Reserves a replica.
     *
     * @param attached whether by ATTACH: then what comes from the environment serves it too, under
     *     the name of its file
     * @throws InvalidConfigurationException if another database has it
     */
    void take(Settings settings, ReplicaLocation location, boolean attached);

    /** Gives it up. */
    void giveUp();
  }

  /**
   * Of a file that is not open yet.
   *
   * @param fencedReplicas what this JVM must not take back
   * @param divergences what a person has to decide, and was told
   * @param lastChance whether the JVM is about to end, so that whoever commits must wait
   */
  CurrentReplication(
      Path path,
      Claim claim,
      FencedReplicas fencedReplicas,
      ToldDivergences divergences,
      BooleanSupplier lastChance) {
    this.path = path;
    this.claim = claim;
    this.fencedReplicas = fencedReplicas;
    this.divergences = divergences;
    this.lastChance = lastChance;
  }

  /** Null in local-only mode, and while there is none. */
  @Nullable Replication get() {
    return replication;
  }

  /** Who is told how it goes, and how those go that come after it. */
  ReplicationListeners listeners() {
    return listeners;
  }

  /**
   * DuckDB is about to open the file: goes on with the replication that lingers, or ends it and
   * begins another. That judges and restores the file.
   *
   * @param named the path, also as it was written
   * @throws HaduckException if it cannot be opened; then there is none
   */
  void open(DatabasePath named, Settings wanted, DatabaseOpening opening) {
    Replication lingering = replication;
    boolean reusable =
        lingering != null
            && wanted.equals(settings)
            && lingering.fenced() == null
            && lingering.isCurrent();
    if (reusable && goesOn(lingering)) {
      return;
    }
    end();
    settings = wanted;
    Replication begun = begin(named, wanted, opening);
    if (begun != null) {
      begun.databaseOpening();
    }
  }

  /** False if another process took what this one had no use for: then it waits as any other. */
  private boolean goesOn(@Nullable Replication lingering) {
    try {
      Objects.requireNonNull(lingering).databaseOpening();
      return true;
    } catch (FencedException e) {
      log.info("{} was written by another process meanwhile: {}", path, e.getMessage());
      return false;
    }
  }

  private @Nullable Replication begin(
      DatabasePath named, Settings wanted, DatabaseOpening opening) {
    ReplicaLocation location = ReplicaPlacement.locate(named, wanted);
    if (location == null) {
      LocalOnly.say(path, wanted);
      return null;
    }
    claim.take(wanted, location, opening.attached());
    boolean begun = false;
    try {
      // After the claim, which may end another's.
      ReplicatorOpening.requireOurs(fencedReplicas, wanted, location);
      Replication made = Replication.open(named, wanted, location, opening, lastChance);
      made.listen(listeners);
      if (JvmEnd.hasBegun()) {
        made.hurry();
      }
      replication = made;
      begun = true;
      divergences.forget(path);
      log.info("{} is replicated to {}; {}", path, location, wanted);
      return made;
    } catch (DivergedException e) {
      divergences.add(path, e);
      throw e;
    } finally {
      if (!begun) {
        claim.giveUp();
      }
    }
  }

  /** Ends it, if there is one, and gives its replica up. Never fails. */
  void end() {
    Replication current = replication;
    if (current == null) {
      return;
    }
    replication = null;
    try {
      if (JvmEnd.hasBegun()) {
        current.lastSending().tellUnsent(); // there may be no next opening
      }
      current.close();
    } catch (HaduckException e) {
      log.warn("closing the replication of {}: {}", path, e.getMessage());
    } finally {
      FencedException fenced = current.fenced();
      if (fenced != null && !current.wasHandedOver()) {
        fencedReplicas.add(current.location(), fenced, current.leaseSession());
      }
      claim.giveUp();
    }
  }

  /**
   * Another connection wants the file, which is open.
   *
   * @throws InvalidConfigurationException if with other settings
   */
  void requireSame(Settings wanted) {
    List<Setting<?>> different =
        DifferentSettings.between(wanted, Objects.requireNonNull(settings));
    if (!different.isEmpty()) {
      throw new InvalidConfigurationException(
          path
              + " is open in this JVM with other values of "
              + different.stream().map(Setting::qualifiedKey).collect(Collectors.joining(", "))
              + "; all connections to one database share them");
    }
  }

  /** Whether DuckDB may be asked for checkpoints of haduck's own. */
  boolean mayCheckpoint() {
    Settings known = settings;
    return known != null && known.replayCheckpoint();
  }

  /** After how many commits DuckDB shall checkpoint; 0 if that is left to it. */
  long walCommits() {
    Settings known = settings;
    return replication == null || known == null ? 0 : known.walCommits();
  }

  /**
   * How long it goes on once DuckDB has closed the file; zero if whoever closed it ends it, when it
   * was waited for. Null if there is none.
   */
  @Nullable Duration linger() {
    Settings known = settings;
    return replication == null || known == null ? null : known.linger();
  }

  /** Whether it has still to send what a caller was told is pending, and can. */
  boolean isSending() {
    Replication current = replication;
    return current != null
        && current.isCurrent()
        && current.fenced() == null
        && current.status().state() != ReplicatorStatus.State.IN_SYNC;
  }
}
