package io.haduck.core.internal.log;

/**
 * An EPOCH that is no part of the history: a late attempt to open the log, created where a key had
 * been deleted. It stays, since no EPOCH is ever deleted, and whoever knows what the history had
 * there must not take it for another history.
 */
final class StrayOpening {
  private StrayOpening() {}

  /**
   * Whether what lies at a key is one, by what the log has behind it.
   *
   * <p>Each changeset names the digest of the one before it. Where the ones between are gone, the
   * epochs tell: an EPOCH of the history is followed by its own epoch, and the next EPOCH is of the
   * next one, as none of these is ever deleted. Of a stray, that epoch is still to come.
   *
   * @param next what the first key behind it holds
   */
  static boolean isAt(DecodedChangeset there, DecodedChangeset next) {
    Changeset stray = there.changeset();
    Changeset behind = next.changeset();
    if (stray.kind() != ChangesetKind.EPOCH) {
      return false;
    }
    if (behind.seq() == stray.seq() + 1) {
      return !behind.parent().equals(there.position().digest());
    }
    return behind.epoch() < stray.epoch()
        || (behind.kind() == ChangesetKind.EPOCH && behind.epoch() == stray.epoch());
  }
}
