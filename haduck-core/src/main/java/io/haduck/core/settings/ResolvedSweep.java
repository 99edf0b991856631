package io.haduck.core.settings;

import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionSettings;
import io.haduck.core.retention.SweepOptions;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** How a replica is swept, by the settings of a database. */
public final class ResolvedSweep {
  private static final Map<Period, Setting<Integer>> KEEP =
      Map.of(
          Period.HOURLY, SweepSettings.KEEP_HOURLY,
          Period.DAILY, SweepSettings.KEEP_DAILY,
          Period.WEEKLY, SweepSettings.KEEP_WEEKLY,
          Period.MONTHLY, SweepSettings.KEEP_MONTHLY,
          Period.YEARLY, SweepSettings.KEEP_YEARLY);

  private ResolvedSweep() {}

  /** Returns it; what nobody has set is left to the replica. */
  public static SweepOptions of(Settings settings) {
    Map<Period, Integer> keep = new EnumMap<>(Period.class);
    KEEP.forEach(
        (period, setting) -> {
          Integer count = settings.value(setting);
          if (count != null) {
            keep.put(period, count);
          }
        });
    return new SweepOptions(
        Objects.requireNonNull(settings.value(SweepSettings.GC)),
        Objects.requireNonNull(settings.value(SweepSettings.GC_INTERVAL)),
        Objects.requireNonNull(settings.value(SweepSettings.GC_GRACE)),
        new RetentionSettings(
            settings.value(SweepSettings.RETENTION),
            settings.value(SweepSettings.RETENTION_WAL),
            keep,
            settings.value(SweepSettings.RETENTION_ZONE),
            settings.value(SweepSettings.RETENTION_MINIMUM)));
  }
}
