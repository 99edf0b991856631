package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.NameObjects.Seen;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names that there are, as one listing of each kind shows them. Immutable.
 *
 * @param all that can be read, by kind and id
 * @param unreadable why the others cannot
 * @param storeTime the store's clock, not later than when they were listed
 */
public record FoundNames(
    List<Found> all, List<CorruptDataException> unreadable, Instant storeTime) {
  private static final Logger log = LoggerFactory.getLogger(FoundNames.class);

  /** Copies the lists. */
  public FoundNames {
    all = List.copyOf(all);
    unreadable = List.copyOf(unreadable);
  }

  /**
   * One of them.
   *
   * @param seen its object
   * @param modified when that came there, by the store's clock
   */
  record Found(Seen seen, Instant modified) {
    NameRecord record() {
      return seen.record();
    }
  }

  /** Lists and reads all of some kinds. */
  static FoundNames list(
      ObjectStore store, Retries retries, NameObjects objects, Collection<NameKind> kinds) {
    List<Found> all = new ArrayList<>();
    List<CorruptDataException> unreadable = new ArrayList<>();
    Instant storeTime = Instant.MAX;
    for (NameKind kind : kinds) {
      String startAfter = "";
      Listing page;
      do {
        String after = startAfter;
        page = retries.run(() -> store.list(kind.prefix(), after));
        storeTime = page.storeTime().isBefore(storeTime) ? page.storeTime() : storeTime;
        for (Listing.Entry object : page.objects()) {
          startAfter = object.key();
          try {
            StateName name =
                StateName.ofKey(kind, object.key())
                    .orElseThrow(() -> new CorruptDataException(notOurs(store, object)));
            objects.read(name).ifPresent(seen -> all.add(new Found(seen, object.modified())));
          } catch (CorruptDataException e) {
            unreadable.add(e);
          }
        }
      } while (page.truncated());
    }
    return new FoundNames(all, unreadable, storeTime);
  }

  private static String notOurs(ObjectStore store, Listing.Entry object) {
    return store
        + "/"
        + object.key()
        + " is not the key of a name that this haduck knows. If it is none, delete it; if a later haduck made it, update"
        + " this one. Until then nothing is deleted";
  }

  /** Whether nothing has changed between the two. */
  boolean isSame(FoundNames other) {
    return all.stream()
            .map(Found::seen)
            .toList()
            .equals(other.all.stream().map(Found::seen).toList())
        && unreadable.size() == other.unreadable.size();
  }

  /** The same, at a later moment, since listings of some stores tell old times. */
  public FoundNames asOf(Instant time) {
    return time.isAfter(storeTime) ? new FoundNames(all, unreadable, time) : this;
  }

  /**
   * Refuses what is not understood, since it may name anything: for whoever deletes.
   *
   * @throws CorruptDataException that of the first
   */
  public FoundNames requireReadable() {
    if (!unreadable.isEmpty()) {
      throw unreadable.get(0);
    }
    return this;
  }

  /** Says what is not understood: for whoever reads a state that something else names. */
  public FoundNames warnOfUnreadable() {
    unreadable.forEach(problem -> log.warn("A name is left out: {}", problem.getMessage()));
    return this;
  }

  /** Those whose state exists, and is to be kept. Of what was proven, the newest only. */
  public List<NameRecord> held() {
    Optional<NameRecord> lastProof =
        all.stream()
            .map(Found::record)
            .filter(it -> it.name().kind() == NameKind.PROOF && it.hold() == Hold.HELD)
            .reduce((earlier, later) -> later);
    return all.stream()
        .map(Found::record)
        .filter(it -> it.hold() == Hold.HELD && !it.isExpired(storeTime))
        .filter(it -> it.name().kind() != NameKind.PROOF || it.equals(lastProof.orElse(null)))
        .toList();
  }

  /**
   * Those that are being made: if their state exists, it is to be kept. If it does not, that is no
   * error: they will be told so.
   */
  public List<NameRecord> creating() {
    return all.stream()
        .map(Found::record)
        .filter(it -> it.hold() == Hold.CREATING && !it.isExpired(storeTime))
        .toList();
  }
}
