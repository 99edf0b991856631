package io.haduck.bench;

import java.util.Locale;

/**
 * What a soak looked like at one moment.
 *
 * @param seconds since it began
 * @param out whether the store was out
 * @param heap bytes in use, garbage included
 * @param liveHeap bytes in use after a collection; NaN at most moments, since few have one
 * @param resident bytes of memory of the whole process
 * @param threads of the process, DuckDB's included
 * @param descriptors open in the process
 * @param lagSeconds since the oldest change that the replica does not have; NaN while closed
 * @param lagBytes of WAL that the replica does not have; NaN while closed
 * @param wal bytes of DuckDB's WAL files
 * @param database bytes of the database file
 * @param commits so far
 * @param commitsPerSecond since the sample before
 * @param pending commits so far that the replica could not confirm in time
 * @param seq of the last changeset; NaN while closed
 */
record SoakSample(
    double seconds,
    boolean out,
    double heap,
    double liveHeap,
    double resident,
    double threads,
    double descriptors,
    double lagSeconds,
    double lagBytes,
    double wal,
    double database,
    double commits,
    double commitsPerSecond,
    double pending,
    double seq) {

  static final String CSV_HEADER =
      "seconds,out,heap,live_heap,resident,threads,descriptors,lag_seconds,lag_bytes,wal,database,"
          + "commits,commits_per_second,pending,seq";

  /** One line; what is unknown stays empty. */
  String csv() {
    return String.format(
            Locale.ROOT,
            "%.1f,%d,%.0f,%.0f,%.0f,%.0f,%.0f,%.3f,%.0f,%.0f,%.0f,%.0f,%.1f,%.0f,%.0f",
            seconds,
            out ? 1 : 0,
            heap,
            liveHeap,
            resident,
            threads,
            descriptors,
            lagSeconds,
            lagBytes,
            wal,
            database,
            commits,
            commitsPerSecond,
            pending,
            seq)
        .replace("NaN", "");
  }
}
