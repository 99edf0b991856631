package io.haduck.core.store;

import io.haduck.core.replica.Replicator;

/** Imports from a floor above. */
final class PlantedUpward {
  private PlantedUpward() {}

  static boolean isOpened(Replicator replicator) {
    return replicator.isOpened();
  }
}
