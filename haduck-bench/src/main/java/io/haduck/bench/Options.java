package io.haduck.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to measure, and how large.
 *
 * @param scenario which one, or {@code all}
 * @param rounds how often each measure is taken, alternating with its baseline
 * @param turns that the overhead scenario makes of one round
 * @param megabytes the database file has at least so many million bytes
 * @param inserts rows that the small change adds
 * @param updates rows that it updates, scattered over the table
 * @param column of the table that they change
 * @param rows that the overhead scenario reads and inserts at once, and keys of the longest log
 * @param growth sizes of the growth scenario relative to {@code megabytes}
 * @param place which store
 * @param directory for everything that is written; emptied of it afterwards
 * @param minutes that the soak lasts, and that followers are idle
 * @param plot where the soak draws what it saw; null if nowhere
 * @param texts whether the first backup's table has sentences in place of random numbers
 * @param link bits per second that go to the store and back, see {@link ThrottledLink}; 0 for as
 *     many as there are
 * @param weeks that the simulated years have
 */
record Options(
    String scenario,
    int rounds,
    int turns,
    long megabytes,
    int inserts,
    int updates,
    Column column,
    int rows,
    List<Integer> growth,
    Place place,
    Path directory,
    double minutes,
    @Nullable Path plot,
    boolean texts,
    long link,
    int weeks) {

  static final String USAGE =
      """
      usage: haduck-bench/run <scenario> [options]

      scenarios
        small-change   10,000 inserts, 1,000 scattered updates and a CHECKPOINT on a large database
        first-backup   the first upload of a database
        growth         what finding a change costs while the database grows tenfold
        garbage        small changes again and again: garbage at the head, and what compaction sends
        restore        from the store back to a file
        overhead       statements and result sets through jdbc:haduck: next to jdbc:duckdb:
        short-turns    short statements through jdbc:haduck:, in many turns of a few milliseconds
        opening        opening what has not changed: small, large, and of 10,000 tables
        commits        commits that wait for the store, next to bare PUTs
        async-inserts  inserting while haduck sends in the background, next to jdbc:duckdb:
        load           a large load in 100 commits (with --mb 5000, say)
        wal-restore    restoring 20,000 commits that came after the last checkpoint
        failover       until a standby writes when the writer is killed, or hands over
        followers      how far a follower is behind, and requests of an idle writer, standby and follower
        log-length     opening a log, loading a state and finding a time, at 1,000, 30,000 and 1,000,000
                       keys, and what a sweep of it costs (with HADUCK_BENCH_JAVA_OPTIONS=-Xmx4g)
        idle           what it costs when nothing happens for a minute
        soak           an hour of steady commits with outages: memory, threads, descriptors, lag
        retention-year two simulated years of a DuckDB database that is swept each night: objects, bytes,
                       requests and dollars of each week, and sampled states restored and compared
        all            one after the other, but for followers, the simulated years and the soak

      options
        --rounds N     times that each measure is taken (5)
        --mb N         size of the database in millions of bytes (1050)
        --column C     what the updates change: status (default), customer_id or price
        --store S      embedded: S3Proxy over a directory, in a JVM of its own (default)
                       s3:       what HADUCK_S3_BUCKET, HADUCK_S3_ENDPOINT … name (default if set)
                       file:     a directory
        --minutes N    length of the soak, and of the idle time of followers (60)
        --plot F       draw the soak, or the years, into F, an SVG file, and samples into F with .csv
        --table T      of the first backup: orders, mostly random (default), or texts
        --rows N       rows of the overhead scenario, and keys of the longest log (1000000)
        --weeks N      that the simulated years have (104); the policy changes in the middle
        --link R       all that goes to the store and back has R, such as 1gbit or 250mbit
        --dir D        where to write (a new directory below java.io.tmpdir)
      """;

  private static final Set<String> NAMES =
      Set.of(
          "--rounds",
          "--mb",
          "--column",
          "--store",
          "--dir",
          "--minutes",
          "--plot",
          "--table",
          "--link",
          "--rows",
          "--weeks");

  /** What the updates change: DuckDB writes anew the whole column of a row group. */
  enum Column {
    /** Few distinct texts, so the column of many row groups shares a block. */
    STATUS("status = 'changed in round %d'"),
    /** Numbers of 21 bits: about one block per row group. */
    CUSTOMER_ID("customer_id = (customer_id + %d) %% 2000000"),
    /** Doubles: about four blocks per row group. */
    PRICE("price = price + %d");

    private final String assignment;

    Column(String assignment) {
      this.assignment = assignment;
    }

    /** For an UPDATE. */
    String assignment(int round) {
      return String.format(Locale.ROOT, assignment, round);
    }
  }

  /** Where objects go. */
  enum Place {
    EMBEDDED,
    S3,
    FILE
  }

  static Options of(String scenario, Path directory, Place place) {
    return new Options(
        scenario,
        5,
        8,
        1050,
        10_000,
        1_000,
        Column.STATUS,
        1_000_000,
        List.of(1, 2, 5, 10),
        place,
        directory,
        60,
        null,
        false,
        0,
        104);
  }

  /** Sizes for a test of the scenarios themselves. */
  Options tiny() {
    return new Options(
        scenario,
        1,
        1,
        3,
        100,
        10,
        column,
        2_000,
        List.of(1, 2),
        place,
        directory,
        0.2,
        directory.resolve("soak.svg"),
        texts,
        link,
        3);
  }

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException if it cannot be understood
   */
  static Options parse(String[] arguments, Path defaultDirectory, Map<String, String> environment) {
    if (arguments.length == 0 || arguments[0].startsWith("-")) {
      throw new IllegalArgumentException("a scenario is missing");
    }
    Place place = environment.containsKey("HADUCK_S3_BUCKET") ? Place.S3 : Place.EMBEDDED;
    Options options = of(arguments[0], defaultDirectory, place);
    for (int at = 1; at < arguments.length; at += 2) {
      if (at + 1 == arguments.length) {
        throw new IllegalArgumentException(arguments[at] + " has no value");
      }
      options = options.with(arguments[at], arguments[at + 1]);
    }
    return options;
  }

  private Options with(String name, String value) {
    int newRounds = name.equals("--rounds") ? Integer.parseInt(value) : rounds;
    long newMegabytes = name.equals("--mb") ? Long.parseLong(value) : megabytes;
    Place newPlace =
        name.equals("--store")
            ? Place.valueOf(value.replace(":", "").toUpperCase(Locale.ROOT))
            : place;
    Column newColumn =
        name.equals("--column") ? Column.valueOf(value.toUpperCase(Locale.ROOT)) : column;
    Path newDirectory = name.equals("--dir") ? Path.of(value).toAbsolutePath() : directory;
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException("there is no option " + name);
    }
    return new Options(
        scenario,
        newRounds,
        turns,
        newMegabytes,
        inserts,
        updates,
        newColumn,
        name.equals("--rows") ? Integer.parseInt(value) : rows,
        growth,
        newPlace,
        newDirectory,
        name.equals("--minutes") ? Double.parseDouble(value) : minutes,
        name.equals("--plot") ? Path.of(value).toAbsolutePath() : plot,
        name.equals("--table") ? isTexts(value) : texts,
        name.equals("--link") ? ThrottledLink.parseRate(value) : link,
        name.equals("--weeks") ? Integer.parseInt(value) : weeks);
  }

  private static boolean isTexts(String table) {
    return switch (table) {
      case "texts" -> true;
      case "orders" -> false;
      default -> throw new IllegalArgumentException("there is no table " + table);
    };
  }
}
