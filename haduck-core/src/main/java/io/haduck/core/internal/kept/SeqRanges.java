package io.haduck.core.internal.kept;

import java.util.NavigableSet;
import java.util.TreeSet;

/** Seqs as text: {@code 3,17-20}, ascending. */
final class SeqRanges {
  private static final int MOST = 1 << 20;

  private SeqRanges() {}

  /** Writes at least one. */
  static String text(NavigableSet<Long> seqs) {
    StringBuilder text = new StringBuilder();
    long first = -1;
    long last = -1;
    for (long seq : seqs) {
      if (last >= 0 && seq == last + 1) {
        last = seq;
        continue;
      }
      append(text, first, last);
      first = seq;
      last = seq;
    }
    append(text, first, last);
    return text.toString();
  }

  private static void append(StringBuilder text, long first, long last) {
    if (first >= 0) {
      text.append(text.isEmpty() ? "" : ",").append(first);
      if (last > first) {
        text.append('-').append(last);
      }
    }
  }

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException if it is none, or too many
   */
  static NavigableSet<Long> parse(String text) {
    NavigableSet<Long> seqs = new TreeSet<>();
    for (String range : text.split(",", -1)) {
      int dash = range.indexOf('-', 1);
      long first = Long.parseLong(dash < 0 ? range : range.substring(0, dash));
      long last = dash < 0 ? first : Long.parseLong(range.substring(dash + 1));
      if (first < 0 || last < first || last - first > MOST || seqs.size() > MOST) {
        throw new IllegalArgumentException("seqs " + range);
      }
      for (long seq = first; seq <= last; seq++) {
        seqs.add(seq);
      }
    }
    return seqs;
  }
}
