package io.haduck.core.replica;

import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;

/**
 * A restore that is asked for.
 *
 * @param store of the replica; stays open
 * @param target which moment
 * @param destination the database file to make
 * @param overwrite whether a database that is there already is replaced, with its WAL
 * @param progress told how far it is
 */
public record RestoreRequest(
    ObjectStore store,
    RestoreTarget target,
    Path destination,
    boolean overwrite,
    RestoreProgress progress) {
  /** The last commit, into a file that does not exist yet. */
  public static RestoreRequest latest(ObjectStore store, Path destination) {
    return new RestoreRequest(
        store, RestoreTarget.latest(), destination, false, RestoreProgress.none());
  }

  /** The same for another moment. */
  public RestoreRequest at(RestoreTarget newTarget) {
    return new RestoreRequest(store, newTarget, destination, overwrite, progress);
  }

  /** The same, replacing what is there. */
  public RestoreRequest overwriting() {
    return new RestoreRequest(store, target, destination, true, progress);
  }

  /** The same with a listener. */
  public RestoreRequest reportingTo(RestoreProgress newProgress) {
    return new RestoreRequest(store, target, destination, overwrite, newProgress);
  }
}
