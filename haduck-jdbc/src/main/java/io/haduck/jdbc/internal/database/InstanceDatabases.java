package io.haduck.jdbc.internal.database;

import io.haduck.core.settings.Durability;
import io.haduck.jdbc.DatabaseStatus;
import io.haduck.jdbc.internal.sql.DatabaseNames;
import io.haduck.jdbc.internal.sql.ReplayRisk;
import io.haduck.jdbc.internal.sql.SqlKind;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The databases of one DuckDB instance, the main one and those attached, and what a call on one of
 * its connections means to the replication of each. Safe for any thread; takes no lock, and sees
 * what is attached at the moment it is asked.
 */
public final class InstanceDatabases implements CallHook, CommitWaits {
  private final @Nullable Path mainPath;
  private final Attachments attachments;
  private volatile @Nullable OpenDatabase main;

  /**
   * Those of an instance that is not open yet.
   *
   * @param mainPath the file of its main database; null if that is none of haduck's
   */
  InstanceDatabases(@Nullable Path mainPath, Attachments attachments) {
    this.mainPath = mainPath;
    this.attachments = attachments;
  }

  /** DuckDB has opened the main database, or is about to; only where there is a main path. */
  void opened(OpenDatabase database) {
    main = database;
  }

  /** DuckDB has not opened it after all. */
  void notOpened() {
    main = null;
  }

  /** Null until it is opened, and where the main database is none of haduck's. */
  @Nullable OpenDatabase main() {
    return main;
  }

  /**
   * The database that SQL knows by this name; empty if there is none, or it is none of haduck's.
   */
  Optional<OpenDatabase> find(String name) {
    Path path = attachments.path(name);
    if (path == null) {
      return Optional.empty();
    }
    if (path.equals(mainPath)) {
      return Optional.ofNullable(main);
    }
    for (OpenDatabase attached : attachments.all()) {
      if (attached.path().equals(path)) {
        return Optional.of(attached);
      }
    }
    return Optional.empty();
  }

  /** A row for each, the main one first, each with that number of connections. */
  List<DatabaseStatus> statuses(int connections) {
    var statuses = new ArrayList<DatabaseStatus>();
    OpenDatabase database = main;
    if (database != null) {
      statuses.add(database.status(connections));
    }
    for (OpenDatabase attached : attachments.all()) {
      statuses.add(attached.status(connections));
    }
    return statuses;
  }

  /** Throws if another process has taken over the replica of one of them. */
  @Override
  public void beforeCall() throws SQLException {
    OpenDatabase database = main;
    if (database != null) {
      requireNotFenced(database);
    }
    if (!attachments.isEmpty()) {
      for (OpenDatabase attached : attachments.all()) {
        requireNotFenced(attached);
      }
    }
  }

  private static void requireNotFenced(OpenDatabase database) throws SQLException {
    Replication current = database.current();
    if (current != null) {
      current.requireNotFenced();
    }
  }

  /** The replications of all databases at this moment, that of the main one first. */
  @Override
  public List<Replication> replications() {
    OpenDatabase database = main;
    Replication first = database == null ? null : database.current();
    if (attachments.isEmpty()) {
      return first == null ? List.of() : List.of(first);
    }
    var all = new ArrayList<Replication>();
    if (first != null) {
      all.add(first);
    }
    for (OpenDatabase attached : attachments.all()) {
      attached.replication().ifPresent(all::add);
    }
    return all;
  }

  @Override
  public List<Replication> waiting() {
    return replications().stream()
        .filter(replication -> replication.durability() == Durability.COMMIT)
        .toList();
  }

  /** Whether this process has one of the files open, as far as the system tells. */
  boolean anyOpenInThisProcess() {
    if (main != null && mainPath != null && Attachments.isOpenStill(mainPath)) {
      return true;
    }
    for (OpenDatabase attached : attachments.all()) {
      if (Attachments.isOpenStill(attached.path())) {
        return true;
      }
    }
    return false;
  }

  /** Whether none is fenced. */
  @Override
  public boolean usable() {
    return replications().stream().allMatch(replication -> replication.fenced() == null);
  }

  @Override
  public void afterCall(SqlKind likely) {
    for (Replication replication : replications()) {
      replication.changed(likely);
    }
  }

  @Override
  public OwnCheckpoints ownCheckpoints() {
    OpenDatabase database = main;
    SoonCheckpoint first = database == null ? null : database.ownCheckpoint();
    if (attachments.isEmpty()) {
      return first == null ? OwnCheckpoints.NONE : new OwnCheckpoints(List.of(first));
    }
    var all = new ArrayList<SoonCheckpoint>();
    if (first != null) {
      all.add(first);
    }
    for (OpenDatabase attached : attachments.all()) {
      SoonCheckpoint own = attached.ownCheckpoint();
      if (own != null) {
        all.add(own);
      }
    }
    return new OwnCheckpoints(all);
  }

  /** Asks for a checkpoint of each that has a replica, soon; see {@link SoonCheckpoint}. */
  @Override
  public void afterReplayRisk(ReplayRisk risk) {
    OpenDatabase database = main;
    if (database != null) {
      database.checkpointSoon(risk);
    }
    if (!attachments.isEmpty()) {
      attachments.all().forEach(attached -> attached.checkpointSoon(risk));
    }
  }

  @Override
  public boolean commitsWait() {
    for (Replication replication : replications()) {
      if (replication.durability() == Durability.COMMIT) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean isLastChance() {
    return replications().stream().anyMatch(Replication::isLastChance);
  }

  @Override
  public void wakeWaiters() {
    replications().forEach(Replication::wakeWaiters);
  }

  /**
   * Lets long captures of these databases finish reading before a checkpoint, and our own
   * checkpoints of all of them; bounded.
   */
  @Override
  public void beforeCheckpoint(DatabaseNames names, CallWait wait) {
    ownCheckpoints().giveWay();
    List<Replication> named = named(names);
    for (Replication replication : replications()) {
      if (named.contains(replication)) {
        replication.awaitCaptureRead(wait);
      }
    }
  }

  /**
   * Waits for every database, since SQL text does not tell which were written.
   *
   * @param checkpoints those that a checkpoint was asked for
   * @param before the replications when the call began
   */
  @Override
  public void awaitCommitted(
      SqlKind likely, DatabaseNames checkpoints, CallWait wait, List<Replication> before)
      throws SQLException {
    List<Replication> all = replications();
    if (!all.containsAll(before)) {
      all = new ArrayList<>(all);
      all.addAll(before);
      all = all.stream().distinct().toList();
    }
    if (all.isEmpty()) {
      return;
    }
    List<Replication> named = likely == SqlKind.CHECKPOINTS ? named(checkpoints) : List.of();
    var failures = new FirstFailure();
    for (Replication replication : all) {
      boolean other = likely == SqlKind.CHECKPOINTS && !named.contains(replication);
      failures.of(() -> replication.awaitCommitted(other ? SqlKind.WRITES : likely, wait));
    }
    failures.rethrow();
  }

  @Override
  public void awaitAll(CallWait wait) throws SQLException {
    List<Replication> all = replications();
    if (all.isEmpty()) {
      throw new SQLException("the database is local only: it has no replica");
    }
    awaitOf(all, wait);
  }

  @Override
  public void awaitOf(List<Replication> all, CallWait wait) throws SQLException {
    var failures = new FirstFailure();
    for (Replication replication : all) {
      failures.of(() -> replication.await(wait));
    }
    failures.rethrow();
  }

  /** Where nothing is attached a checkpoint means the main database, whatever its name. */
  private List<Replication> named(DatabaseNames databases) {
    if (databases.all() || attachments.isEmpty()) {
      return replications();
    }
    var named = new ArrayList<Replication>();
    for (String name : databases.names()) {
      find(name).map(OpenDatabase::current).ifPresent(named::add);
    }
    return named;
  }
}
