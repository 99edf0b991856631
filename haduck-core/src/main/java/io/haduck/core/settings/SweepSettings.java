package io.haduck.core.settings;

import io.haduck.core.retention.GarbageCollection;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;

/**
 * The engine's settings of what a replica keeps. The policy is the replica's: what is not set here
 * stays as it is there.
 */
public final class SweepSettings {
  private static final int MOST_KEPT = 100_000;

  public static final Setting<Duration> RETENTION =
      Setting.of(
          "retention",
          null,
          "For how long any checkpoint can be restored at least, from 1h on; by default what the replica's policy says, at first 7d.",
          DurationText::parseRetention);

  public static final Setting<Duration> RETENTION_WAL =
      Setting.of(
          "retention_wal",
          null,
          "For how long any commit can be restored at least, from 1h on; by default what the replica's policy says, at first 7d.",
          DurationText::parseRetention);

  public static final Setting<Integer> KEEP_HOURLY =
      Setting.of(
          "keep_hourly",
          null,
          "Of how many of the last hours that have a state the last one is kept, beyond the retention; by default what the"
              + " replica's policy says, at first 0.",
          SettingParser.number(0, MOST_KEPT));

  public static final Setting<Integer> KEEP_DAILY =
      Setting.of(
          "keep_daily",
          null,
          "Of how many of the last days that have a state the last one is kept, beyond the retention; by default what the"
              + " replica's policy says, at first 0.",
          SettingParser.number(0, MOST_KEPT));

  public static final Setting<Integer> KEEP_WEEKLY =
      Setting.of(
          "keep_weekly",
          null,
          "Of how many of the last weeks, from Monday, that have a state the last one is kept, beyond the retention; by default what the"
              + " replica's policy says, at first 0.",
          SettingParser.number(0, MOST_KEPT));

  public static final Setting<Integer> KEEP_MONTHLY =
      Setting.of(
          "keep_monthly",
          null,
          "Of how many of the last months that have a state the last one is kept, beyond the retention; by default what the"
              + " replica's policy says, at first 0.",
          SettingParser.number(0, MOST_KEPT));

  public static final Setting<Integer> KEEP_YEARLY =
      Setting.of(
          "keep_yearly",
          null,
          "Of how many of the last years that have a state the last one is kept, beyond the retention; by default what the"
              + " replica's policy says, at first 0.",
          SettingParser.number(0, MOST_KEPT));

  public static final Setting<Integer> RETENTION_MINIMUM =
      Setting.of(
          "retention_minimum",
          null,
          "How many of the newest checkpoints are kept whatever their age; by default what the replica's policy says, at"
              + " first 2.",
          SettingParser.number(1, MOST_KEPT));

  public static final Setting<ZoneId> RETENTION_ZONE =
      Setting.of(
          "retention_zone",
          null,
          "In which time zone the hours, days, weeks, months and years of keep_… begin; by default what the replica's policy"
              + " says, at first UTC.",
          SettingParser.zone());

  public static final Setting<GarbageCollection> GC =
      Setting.constant(
          "gc",
          GarbageCollection.class,
          "on",
          "Whether the writer deletes from the replica what its retention gives up: on, off, or dry_run, which says what it"
              + " would delete.");

  public static final Setting<Duration> GC_INTERVAL =
      Setting.of(
          "gc_interval",
          "24h",
          "How often the writer does so, while something is written.",
          DurationText::parseLongerThanZero);

  public static final Setting<Duration> GC_GRACE =
      Setting.of(
          "gc_grace",
          "24h",
          "An object that is younger is not deleted, whether anything needs it or not; 1h or longer. What the retention has given up"
              + " cannot be restored all the same.",
          DurationText::parseGrace);

  private SweepSettings() {}

  /** Returns all of them, in the order in which they are shown. */
  static List<Setting<?>> all() {
    return List.of(
        RETENTION,
        RETENTION_WAL,
        KEEP_HOURLY,
        KEEP_DAILY,
        KEEP_WEEKLY,
        KEEP_MONTHLY,
        KEEP_YEARLY,
        RETENTION_MINIMUM,
        RETENTION_ZONE,
        GC,
        GC_INTERVAL,
        GC_GRACE);
  }
}
