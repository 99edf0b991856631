package io.haduck.core.retention;

import java.time.Duration;
import java.time.ZoneId;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What somebody has said of a policy; the policy itself is the replica's, and what nobody says
 * stays as it is there. Immutable.
 *
 * @param window see {@link RetentionPolicy#window()}; null if nobody says
 * @param walWindow see {@link RetentionPolicy#walWindow()}; null if nobody says
 * @param keep for the periods that somebody says something of
 * @param zone see {@link RetentionPolicy#zone()}; null if nobody says
 * @param minimum see {@link RetentionPolicy#minimum()}; null if nobody says
 */
public record RetentionSettings(
    @Nullable Duration window,
    @Nullable Duration walWindow,
    Map<Period, Integer> keep,
    @Nullable ZoneId zone,
    @Nullable Integer minimum) {
  /** Nothing was said. */
  public static final RetentionSettings NONE =
      new RetentionSettings(null, null, Map.of(), null, null);

  /** Copies the map. */
  public RetentionSettings {
    Map<Period, Integer> copy = new EnumMap<>(Period.class);
    copy.putAll(keep);
    keep = Collections.unmodifiableMap(copy);
  }

  /** Returns a policy with what was said. */
  public RetentionPolicy appliedTo(RetentionPolicy policy) {
    Map<Period, Integer> kept = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      kept.put(period, keep.getOrDefault(period, policy.keep(period)));
    }
    return new RetentionPolicy(
        Objects.requireNonNullElse(window, policy.window()),
        Objects.requireNonNullElse(walWindow, policy.walWindow()),
        kept,
        Objects.requireNonNullElse(zone, policy.zone()),
        Objects.requireNonNullElse(minimum, policy.minimum()));
  }
}
