package io.haduck.core.settings;

/**
 * What opening may do of its own accord.
 *
 * @param restore when the file is missing and the replica is not, or holds more than the file
 * @param onDiverge when the local database has changes of its own
 * @param offline when the store does not answer
 * @param rewind whether a database that was restored to an earlier point becomes the head of the
 *     log again, by a changeset that undoes what came after; else opening it is an error
 */
public record OpeningPolicy(
    RestorePolicy restore, DivergePolicy onDiverge, OfflinePolicy offline, boolean rewind) {
  /** Restores what is missing, and leaves everything else to a person. */
  public static final OpeningPolicy DEFAULT =
      new OpeningPolicy(RestorePolicy.IF_MISSING, DivergePolicy.ERROR, OfflinePolicy.ERROR, false);

  /** Returns the same, which rewinds. */
  public OpeningPolicy rewinding() {
    return new OpeningPolicy(restore, onDiverge, offline, true);
  }

  /** Returns the same with another answer to a missing file. */
  public OpeningPolicy with(RestorePolicy policy) {
    return new OpeningPolicy(policy, onDiverge, offline, rewind);
  }

  /** Returns the same with another answer to changes of its own. */
  public OpeningPolicy with(DivergePolicy policy) {
    return new OpeningPolicy(restore, policy, offline, rewind);
  }

  /** Returns the same with another answer to a store that does not answer. */
  public OpeningPolicy with(OfflinePolicy policy) {
    return new OpeningPolicy(restore, onDiverge, policy, rewind);
  }
}
