package io.haduck.core.restore;

import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;

/**
 * A restore that is asked for.
 *
 * @param store of the replica; stays open
 * @param target which moment
 * @param destination the database file to make
 * @param overwrite whether a database that is there already is replaced, with its WAL; it is kept
 *     under another name unless it is known to be in the replica
 * @param withoutWal whether to go back from there to the last checkpoint, for when DuckDB cannot
 *     replay the write-ahead log; {@link RestoreResult#lost()} says what that loses
 * @param newestReadable whether to go back from there, commit by commit, as far as it takes for
 *     DuckDB to open it
 * @param progress told how far it is
 */
public record RestoreRequest(
    ObjectStore store,
    RestoreTarget target,
    Path destination,
    boolean overwrite,
    boolean withoutWal,
    boolean newestReadable,
    RestoreProgress progress) {
  /** Returns the last commit, into a file that does not exist yet. */
  public static RestoreRequest latest(ObjectStore store, Path destination) {
    return new RestoreRequest(
        store, RestoreTarget.latest(), destination, false, false, false, RestoreProgress.none());
  }

  /** Returns the same for another moment. */
  public RestoreRequest at(RestoreTarget newTarget) {
    return new RestoreRequest(
        store, newTarget, destination, overwrite, withoutWal, newestReadable, progress);
  }

  /**
   * Returns the same, replacing what is there, whatever it is. Unless its {@code F.haduck} proves
   * that it is as it is in this very replica, it is kept beside as {@code F.replaced-{time}}, with
   * its WAL and its {@code F.haduck}: {@link RestoreResult#kept()} says under which name. Delete
   * that when nothing in it is missed; it takes the room of a database, but no more while it is
   * replaced, unless the file system has no hard links.
   */
  public RestoreRequest overwriting() {
    return new RestoreRequest(
        store, target, destination, true, withoutWal, newestReadable, progress);
  }

  /**
   * Returns the same, but the last checkpoint at or before the target, without the write-ahead log
   * that followed it. If that loses anything, the file counts as one of an earlier point: it is not
   * opened as the replica's writer.
   */
  public RestoreRequest toLastCheckpoint() {
    return new RestoreRequest(
        store, target, destination, overwrite, true, newestReadable, progress);
  }

  /**
   * Returns the same, but the newest commit at or before the target that DuckDB opens, for when it
   * cannot replay the write-ahead log. Candidates are restored aside and opened, some twenty of
   * them for a million commits, which needs room for two databases beside the destination. What is
   * found was opened, and the commit after it was not. {@link RestoreResult#lost()} says what is
   * left out; if that is anything, the file counts as one of an earlier point. The replica is never
   * changed.
   *
   * <p>Only by {@code Haduck.restore}, since it takes DuckDB.
   */
  public RestoreRequest toNewestReadable() {
    return new RestoreRequest(store, target, destination, overwrite, withoutWal, true, progress);
  }

  /** Returns the same with a listener. */
  public RestoreRequest reportingTo(RestoreProgress newProgress) {
    return new RestoreRequest(
        store, target, destination, overwrite, withoutWal, newestReadable, newProgress);
  }
}
