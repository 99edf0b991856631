package io.haduck.core.internal.sweep;

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
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** When a replica was swept last, by whomever: by the store's clock alone. Safe for any thread. */
public final class SweepTime {
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
   */
  public record Next(Optional<Duration> left, @Nullable Announcement announced) {}

  /** Looks when the next sweep is due, by the last one of anybody. */
  public Next next(Duration interval) {
    Optional<Manifest> newest = new Manifests(store, retries).newest();
    if (newest.isEmpty()) {
      return new Next(Optional.empty(), null);
    }
    Instant due = written(newest.get()).plus(interval);
    Instant now = now();
    return new Next(
        due.isAfter(now) ? Optional.of(Duration.between(now, due)) : Optional.empty(),
        newest.get().policy().announced());
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
  void notBefore(Instant known) {
    notBefore = known;
  }

  /** When a manifest came there; the latest time there is if it is gone. */
  Instant written(Manifest manifest) {
    String before = manifest.number() == 1 ? "" : LogKeys.kept(manifest.number() - 1);
    return retries.run(() -> store.list(LogKeys.KEPT, before)).objects().stream()
        .filter(it -> it.key().equals(manifest.key()))
        .map(Listing.Entry::modified)
        .findFirst()
        .orElse(Instant.MAX);
  }
}
