package io.haduck.core.internal.sweep;

import io.haduck.core.StoreAccessException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.kept.Manifests;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.retention.Announcement;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** When a replica was swept last, by whomever: by the store's clock alone. Safe for any thread. */
public final class SweepTime {
  /** Where sweeps come more often, a day without one is not long. */
  private static final Duration USUAL = Duration.ofHours(24);

  private final ObjectStore store;
  private final Retries retries;
  private volatile Instant notBefore = Instant.MIN;

  /** Of the replica that a store is scoped to. */
  public SweepTime(ObjectStore store, Retries retries) {
    this.store = store;
    this.retries = retries;
  }

  /**
   * When the next sweep is due.
   *
   * @param left how long it is until then; empty if it is due
   * @param announced the policy that is announced; null if none is
   * @param future when the last sweep was, if that is later than it is now: the clock was ahead
   */
  public record Next(
      Optional<Duration> left, @Nullable Announcement announced, @Nullable Instant future) {}

  /** Looks when the next sweep is due, by the last one of anybody. */
  public Next next(Duration interval) {
    Optional<Manifest> newest = new Manifests(store, retries).newest();
    if (newest.isEmpty()) {
      return new Next(Optional.empty(), null, null);
    }
    Announcement announced = newest.get().policy().announced();
    Instant written = written(newest.get()).orElse(null);
    if (written == null) {
      return new Next(Optional.of(interval), announced, null); // others sweep just now
    }
    Instant now = now();
    if (isFuture(written, now)) {
      return new Next(Optional.empty(), announced, written);
    }
    Duration left = interval.minus(Duration.between(written, now));
    return new Next(
        left.isNegative() || left.isZero() ? Optional.empty() : Optional.of(left), announced, null);
  }

  /** Whether something was written while the clock was ahead of what it is now. */
  static boolean isFuture(Instant written, Instant now) {
    return Duration.between(now, written).compareTo(Survey.TELLING) > 0;
  }

  /**
   * Until when things may be taken to have grown old, where the last sweep is long ago: not much
   * later than it. So one look at a clock that has leapt ahead does not give up all that is young:
   * the next sweep does, an hour later at least, and the clock can be set right until then.
   *
   * @param interval of sweeps
   * @return {@link Instant#MAX} if the last one is not long ago
   */
  public Instant agedTo(Duration interval) {
    Instant now = now();
    Instant settled = now.minus(Announcement.AHEAD);
    Duration usual = interval.compareTo(USUAL) > 0 ? interval : USUAL;
    Deque<Instant> last = new ArrayDeque<>();
    Listed.each(
        store,
        retries,
        LogKeys.KEPT,
        (Listing.Entry entry) -> {
          if (!entry.modified().isAfter(settled)) {
            last.push(entry.modified());
          }
          return true;
        });
    return Optional.ofNullable(last.peek())
        .map(it -> it.plus(usual).plus(Announcement.AHEAD))
        .filter(it -> it.isBefore(now))
        .orElse(Instant.MAX);
  }

  /**
   * Requires that the store's clock is not far ahead of this machine's: what is young would be
   * taken for old.
   *
   * @param ahead how far this machine's is ahead, as {@link #clockAhead} says it
   * @throws StoreAccessException if it is more than an hour behind
   */
  public void requirePlausible(Duration ahead) {
    if (ahead.compareTo(Announcement.AHEAD.negated()) < 0) {
      throw new StoreAccessException(
          "the clock of "
              + store
              + " is "
              + ahead.negated().toMinutes()
              + " minutes ahead of this machine's: what is young would be taken for old, so nothing is deleted. Set right"
              + " whichever is wrong (NTP)");
    }
  }

  /**
   * How far a clock of this machine is from the store's, by which age counts.
   *
   * @return positive if it is later; zero where it is not more than a minute
   */
  public Duration clockAhead(InstantSource here) {
    Instant before = here.instant();
    Instant there = now();
    Instant after = here.instant();
    return Stream.of(Duration.between(there, before), Duration.between(there, after))
        .min(Comparator.comparing(Duration::abs))
        .filter(it -> it.abs().compareTo(Survey.TELLING) > 0)
        .orElse(Duration.ZERO);
  }

  /** The store's time; not later than it is. */
  Instant now() {
    Instant listed = retries.run(() -> store.list(LogKeys.CHANGESETS, "", 1)).storeTime();
    return listed.isBefore(notBefore) ? notBefore : listed;
  }

  /** It is that late at least: a directory's clock stands still while nothing is written there. */
  public SweepTime notBefore(Instant known) {
    notBefore = known;
    return this;
  }

  /** When a manifest came there; empty if it is gone: others have written later ones. */
  Optional<Instant> written(Manifest manifest) {
    String before = manifest.number() == 1 ? "" : LogKeys.kept(manifest.number() - 1);
    return retries.run(() -> store.list(LogKeys.KEPT, before)).objects().stream()
        .filter(it -> it.key().equals(manifest.key()))
        .map(Listing.Entry::modified)
        .findFirst();
  }
}
