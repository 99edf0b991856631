package io.haduck.core.internal.log;

/** Public although no other package needs it. */
public final class PlantedPublic {
  private PlantedPublic() {}
}
