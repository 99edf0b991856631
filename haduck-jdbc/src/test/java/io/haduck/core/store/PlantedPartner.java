package io.haduck.core.store;

/** The other half of a circle. */
final class PlantedPartner {
  static final int LENGTH = Integer.parseInt("1");

  private PlantedPartner() {}

  static int again() {
    return PlantedCircle.length();
  }
}
