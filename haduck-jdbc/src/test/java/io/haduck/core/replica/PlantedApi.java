package io.haduck.core.replica;

import io.haduck.core.internal.log.LogPosition;

/** Shows what users must not hold on to. */
public final class PlantedApi {
  private PlantedApi() {}

  /** An internal type. */
  public static LogPosition position() {
    return LogPosition.START;
  }
}
