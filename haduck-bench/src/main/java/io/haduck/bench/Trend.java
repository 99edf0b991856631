package io.haduck.bench;

import java.util.List;

/**
 * A straight line through measures, by least squares.
 *
 * @param perHour how steeply it rises
 * @param mean of the measures
 */
record Trend(double perHour, double mean) {
  /**
   * A measure at a time.
   *
   * @param seconds since some beginning
   * @param value not NaN
   */
  record Point(double seconds, double value) {}

  /** The line through points; level if there are fewer than two. */
  static Trend through(List<Point> points) {
    double time = points.stream().mapToDouble(Point::seconds).average().orElse(0);
    double mean = points.stream().mapToDouble(Point::value).average().orElse(0);
    double together = 0;
    double spread = 0;
    for (Point point : points) {
      together += (point.seconds() - time) * (point.value() - mean);
      spread += (point.seconds() - time) * (point.seconds() - time);
    }
    return new Trend(spread == 0 ? 0 : together / spread * 3600, mean);
  }
}
