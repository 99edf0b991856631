package io.haduck.core.store;

/** Knows who knows it. */
final class PlantedCircle {
  private PlantedCircle() {}

  static int length() {
    return PlantedPartner.LENGTH;
  }
}
