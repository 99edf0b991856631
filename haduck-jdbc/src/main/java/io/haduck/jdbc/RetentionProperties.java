package io.haduck.jdbc;

import io.haduck.core.settings.Setting;
import io.haduck.core.settings.SweepSettings;
import org.jspecify.annotations.Nullable;

/** The bean properties of a data source that say what its replica keeps. */
abstract class RetentionProperties {
  abstract void set(Setting<?> setting, @Nullable String value);

  /** Sets for how long any checkpoint can be restored at least, such as {@code 30d}. */
  public void setRetention(String retention) {
    set(SweepSettings.RETENTION, retention);
  }

  /** Sets for how long any commit can be restored at least, such as {@code 7d}. */
  public void setRetentionWal(String retentionWal) {
    set(SweepSettings.RETENTION_WAL, retentionWal);
  }

  /** Sets of how many of the last hours the last state is kept. */
  public void setKeepHourly(String keepHourly) {
    set(SweepSettings.KEEP_HOURLY, keepHourly);
  }

  /** Sets of how many of the last days the last state is kept. */
  public void setKeepDaily(String keepDaily) {
    set(SweepSettings.KEEP_DAILY, keepDaily);
  }

  /** Sets of how many of the last weeks the last state is kept. */
  public void setKeepWeekly(String keepWeekly) {
    set(SweepSettings.KEEP_WEEKLY, keepWeekly);
  }

  /** Sets of how many of the last months the last state is kept. */
  public void setKeepMonthly(String keepMonthly) {
    set(SweepSettings.KEEP_MONTHLY, keepMonthly);
  }

  /** Sets of how many of the last years the last state is kept. */
  public void setKeepYearly(String keepYearly) {
    set(SweepSettings.KEEP_YEARLY, keepYearly);
  }

  /** Sets how many of the newest checkpoints are kept whatever their age. */
  public void setRetentionMinimum(String retentionMinimum) {
    set(SweepSettings.RETENTION_MINIMUM, retentionMinimum);
  }

  /** Sets in which time zone days, weeks, months and years begin, such as {@code Europe/Berlin}. */
  public void setRetentionZone(String retentionZone) {
    set(SweepSettings.RETENTION_ZONE, retentionZone);
  }

  /**
   * Sets whether what the retention gives up is deleted: {@code on}, {@code off}, or {@code
   * dry_run}.
   */
  public void setGc(String gc) {
    set(SweepSettings.GC, gc);
  }

  /** Sets how often what the retention gives up is deleted, such as {@code 24h}. */
  public void setGcInterval(String gcInterval) {
    set(SweepSettings.GC_INTERVAL, gcInterval);
  }

  /** Sets what is younger is not deleted, such as {@code 24h}. */
  public void setGcGrace(String gcGrace) {
    set(SweepSettings.GC_GRACE, gcGrace);
  }
}
