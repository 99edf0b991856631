package io.haduck.bench;

import java.util.Arrays;
import java.util.Locale;

/**
 * What a replica was at the end of a simulated week, and what that week cost.
 *
 * @param week from 1
 * @param changesets keys of the log
 * @param below those of them that are below the window
 * @param epochs those of these that only say that a new writer began, and are never deleted
 * @param segments so many
 * @param snapshots so many
 * @param manifests of what is kept
 * @param names points and pins
 * @param bytes of all objects
 * @param manifestBytes of the manifests among them
 * @param databaseBytes of the database's file
 * @param retained states that are kept below the windows
 * @param writer what it asked of the store in that week
 * @param sweeps what they asked
 * @param deleted objects in that week
 */
record YearWeek(
    int week,
    long changesets,
    long below,
    long epochs,
    long segments,
    long snapshots,
    long manifests,
    long names,
    long bytes,
    long manifestBytes,
    long databaseBytes,
    long retained,
    Requests writer,
    Requests sweeps,
    long deleted) {
  private static final double DOLLARS_PER_PUT_OR_LIST = 0.005 / 1000;
  private static final double DOLLARS_PER_GET = 0.0004 / 1000;
  private static final double DOLLARS_PER_GIB_AND_WEEK = 0.023 * 7 / 30.44;

  static final String CSV_HEADER =
      "week,objects,changesets,below,epochs,segments,snapshots,manifests,names,bytes,manifest_bytes,"
          + "database_bytes,retained,writer_puts,writer_gets,writer_lists,sweep_puts,sweep_gets,"
          + "sweep_lists,sweep_deletes,deleted,dollars_requests,dollars_storage";

  /** Requests of one kind each. */
  record Requests(long puts, long gets, long lists, long deletes) {
    static final Requests NONE = new Requests(0, 0, 0, 0);

    Requests plus(Requests other) {
      return new Requests(
          puts + other.puts, gets + other.gets, lists + other.lists, deletes + other.deletes);
    }

    Requests minus(Requests other) {
      return new Requests(
          puts - other.puts, gets - other.gets, lists - other.lists, deletes - other.deletes);
    }

    long all() {
      return puts + gets + lists + deletes;
    }

    /** As S3 Standard charges in us-east-1; deletions are free. */
    double dollars() {
      return (puts + lists) * DOLLARS_PER_PUT_OR_LIST + gets * DOLLARS_PER_GET;
    }
  }

  long objects() {
    return changesets + segments + snapshots + manifests + names;
  }

  double requestDollars() {
    return writer.dollars() + sweeps.dollars();
  }

  double storageDollars() {
    return bytes / (double) (1 << 30) * DOLLARS_PER_GIB_AND_WEEK;
  }

  /** Reads what {@link #csv} wrote. */
  static YearWeek parse(String csv) {
    double[] values = Arrays.stream(csv.split(",")).mapToDouble(Double::parseDouble).toArray();
    long[] all = Arrays.stream(values).mapToLong(value -> (long) value).toArray();
    return new YearWeek(
        (int) all[0],
        all[2],
        all[3],
        all[4],
        all[5],
        all[6],
        all[7],
        all[8],
        all[9],
        all[10],
        all[11],
        all[12],
        new Requests(all[13], all[14], all[15], 0),
        new Requests(all[16], all[17], all[18], all[19]),
        all[20]);
  }

  String csv() {
    return String.format(
        Locale.ROOT,
        "%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%.6f,%.6f",
        week,
        objects(),
        changesets,
        below,
        epochs,
        segments,
        snapshots,
        manifests,
        names,
        bytes,
        manifestBytes,
        databaseBytes,
        retained,
        writer.puts,
        writer.gets,
        writer.lists,
        sweeps.puts,
        sweeps.gets,
        sweeps.lists,
        sweeps.deletes,
        deleted,
        requestDollars(),
        storageDollars());
  }
}
