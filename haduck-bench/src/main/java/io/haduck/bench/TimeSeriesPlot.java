package io.haduck.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Lines over time, in panels one below the other that share the axis of time, as an SVG picture
 * that is readable on light and dark pages. For one thread.
 */
final class TimeSeriesPlot {
  private static final int WIDTH = 860;
  private static final int LEFT = 64;
  private static final int RIGHT = 16;
  private static final int PANEL_HEIGHT = 84;
  private static final int GAP = 34;
  private static final int FOOT = 40;

  private static final String STYLE =
      """
      <style>
        svg { --ground: #ffffff; --ink: #24292f; --grid: #d0d7de; --out: #f7c9c4; --a: #0550ae; --b: #d4771f; }
        @media (prefers-color-scheme: dark) {
          svg { --ground: #0d1117; --ink: #c9d1d9; --grid: #30363d; --out: #5c2b29; --a: #6cb6ff; --b: #f0a04b; }
        }
        .ground { fill: var(--ground) } .out { fill: var(--out) } .grid { stroke: var(--grid); fill: none }
        text { fill: var(--ink); font: 11px sans-serif } .title { font-weight: bold }
        .line0 { stroke: var(--a); fill: none; stroke-width: 1.6 } .line1 { stroke: var(--b); fill: none }
        .key0 { fill: var(--a); font-weight: bold } .key1 { fill: var(--b); font-weight: bold }
      </style>
      """;

  private final double seconds;
  private final double unit;
  private final String label;
  private final String foot;
  private final List<double[]> shades = new ArrayList<>();
  private final List<List<Line>> panels = new ArrayList<>();

  /**
   * One line.
   *
   * @param name beside the panel
   * @param unit of its values; may be empty
   * @param points in the order of time
   */
  record Line(String name, String unit, List<Trend.Point> points) {}

  /** An empty picture of a soak of so many seconds. */
  TimeSeriesPlot(double seconds) {
    this(seconds, 60, "a soak over time", "minutes since the beginning; shaded: store out");
  }

  /**
   * An empty picture.
   *
   * @param seconds that it shows
   * @param unit of the axis of time, in seconds
   * @param label what it shows, for who cannot see it
   * @param foot what the axis of time and the shades are
   */
  TimeSeriesPlot(double seconds, double unit, String label, String foot) {
    this.seconds = seconds;
    this.unit = unit;
    this.label = label;
    this.foot = foot;
  }

  /** Shades a time, such as one in which the store was out. */
  void shade(double from, double to) {
    if (to > from) {
      shades.add(new double[] {from, to});
    }
  }

  /** Adds a panel of one or two lines; the first is drawn on top. */
  void panel(List<Line> lines) {
    panels.add(lines);
  }

  String svg() {
    int height = GAP + panels.size() * (PANEL_HEIGHT + GAP) + FOOT;
    var svg = new StringBuilder();
    svg.append(
        format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                + " aria-label=\"%s\">%n",
            WIDTH, height, label));
    svg.append(STYLE);
    svg.append(
        format("<rect class=\"ground\" width=\"%d\" height=\"%d\" rx=\"6\"/>%n", WIDTH, height));
    for (int i = 0; i < panels.size(); i++) {
      panel(svg, panels.get(i), GAP + i * (PANEL_HEIGHT + GAP));
    }
    text(svg, LEFT, height - 12.0, "start", "", foot);
    return svg.append("</svg>\n").toString();
  }

  private void panel(StringBuilder svg, List<Line> lines, int top) {
    int bottom = top + PANEL_HEIGHT;
    double most =
        lines.stream()
            .flatMap(line -> line.points().stream())
            .mapToDouble(Trend.Point::value)
            .max()
            .orElse(1);
    double step = step(most / 3);
    double scale = Math.max(step, Math.ceil(most / step) * step);
    for (double[] shade : shades) {
      svg.append(
          format(
              "<rect class=\"out\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>%n",
              x(shade[0]), top, Math.max(1, x(shade[1]) - x(shade[0])), PANEL_HEIGHT));
    }
    for (double value = 0; value <= scale * 1.001; value += step) {
      double y = bottom - value / scale * PANEL_HEIGHT;
      svg.append(format("<path class=\"grid\" d=\"M%d %.1fH%d\"/>%n", LEFT, y, WIDTH - RIGHT));
      text(svg, LEFT - 6.0, y + 4, "end", "", number(value, step));
    }
    double units = step(seconds / unit / 10);
    for (double at = 0; at * unit <= seconds * 1.001; at += units) {
      text(svg, x(at * unit), bottom + 13.0, "middle", "", number(at, units));
    }
    double at = LEFT;
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      String title = line.name() + (line.unit().isEmpty() ? "" : " (" + line.unit() + ")");
      text(svg, at, top - 6.0, "start", lines.size() == 1 ? "title" : "key" + i, title);
      at += title.length() * 6.6 + 24;
    }
    for (int i = lines.size() - 1; i >= 0; i--) {
      line(svg, lines.get(i), i, bottom, scale);
    }
  }

  private void line(StringBuilder svg, Line line, int number, int bottom, double scale) {
    if (line.points().isEmpty()) {
      return;
    }
    svg.append(format("<path class=\"line%d\" d=\"", number));
    String command = "M";
    for (Trend.Point point : line.points()) {
      svg.append(
          format(
              "%s%.1f %.1f",
              command, x(point.seconds()), bottom - point.value() / scale * PANEL_HEIGHT));
      command = "L";
    }
    svg.append("\"/>\n");
  }

  private double x(double second) {
    return LEFT + second / seconds * (WIDTH - LEFT - RIGHT);
  }

  private static void text(
      StringBuilder svg, double x, double y, String anchor, String style, String text) {
    svg.append(
        format(
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>%n",
            x, y, anchor, style.isEmpty() ? "" : " class=\"" + style + "\"", text));
  }

  /** The round number (1, 2 or 5 times a power of ten) that is at least this. */
  private static double step(double least) {
    if (least <= 0) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(least)));
    for (int factor : new int[] {1, 2, 5}) {
      if (factor * power >= least) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static String number(double value, double step) {
    int digits = Math.max(0, (int) -Math.floor(Math.log10(step) + 1e-9));
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern.replace("%n", "\n"), values);
  }
}
