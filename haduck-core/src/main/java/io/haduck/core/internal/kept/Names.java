package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.FoundNames.Found;
import io.haduck.core.internal.kept.NameObjects.Seen;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names of one replica's states: points, pins, proofs. Safe for any thread.
 *
 * <p>Whoever makes a name writes it first, and then reads the newest manifest. Whoever deletes
 * writes a manifest first, and then lists the names. So of the two one sees the other, whenever and
 * for however long either stands still: no clock decides (docs/internals/retention.md).
 */
public final class Names {
  private static final Logger log = LoggerFactory.getLogger(Names.class);

  private static final int MOST_READINGS = 100;

  private final ObjectStore store;
  private final NameObjects objects;
  private final Retries retries;
  private final NamedExistence existence;

  /**
   * Those in a store that is scoped to one replica.
   *
   * @param retries of whatever the store does not answer
   */
  public Names(ObjectStore store, Manifests manifests, Retries retries) {
    this.store = store;
    this.objects = new NameObjects(store, retries);
    this.retries = retries;
    this.existence =
        new NamedExistence(
            store, manifests, retries, () -> list(EnumSet.of(NameKind.POINT, NameKind.PROOF)));
  }

  /**
   * One of them, however far it got.
   *
   * @throws CorruptDataException if it cannot be read
   */
  Optional<NameRecord> find(StateName name) {
    return objects.read(name).map(Seen::record);
  }

  /** All that there are now. */
  public FoundNames list() {
    return list(EnumSet.allOf(NameKind.class));
  }

  /** Those of some kinds. */
  FoundNames list(Set<NameKind> kinds) {
    return FoundNames.list(store, retries, objects, kinds);
  }

  /**
   * All that there were at one moment since this was called: for whoever deletes. A listing and the
   * reading of what it shows are not one moment: a name may be made by the word of another one that
   * is deleted before it is read. So it is read until two times in a row say the same, which was
   * true between them, since no name has the same bytes again.
   *
   * @throws UnavailableException if they change all the time
   */
  public FoundNames listAtOneMoment() {
    return listAtOneMoment(EnumSet.allOf(NameKind.class));
  }

  FoundNames listAtOneMoment(Set<NameKind> kinds) {
    FoundNames before = list(kinds);
    for (int i = 0; i < MOST_READINGS; i++) {
      FoundNames now = list(kinds);
      if (now.isSame(before)) {
        return now;
      }
      before = now;
    }
    throw new UnavailableException("the names in " + store + " change all the time");
  }

  /**
   * Makes a name. When this returns, its state exists, and goes on to exist until the name is
   * deleted or its time is over. Where it names that state already, that is all.
   *
   * @param wanted {@link Hold#CREATING}, with a nonce of its own; the same one once more only to
   *     settle what became of an earlier call
   * @return what is there now, {@link Hold#HELD}
   * @throws DivergedException if it names another state, or the state does not exist; says which do
   * @throws CorruptDataException if what is kept cannot be read
   * @throws UnavailableException if the store does not answer; it may or may not be made, and
   *     calling this again settles it
   */
  public NameRecord make(NameRecord wanted) {
    Seen claimed = claim(wanted);
    if (claimed.is(Hold.HELD)) {
      return claimed.record();
    }
    try {
      existence.require(wanted);
    } catch (DivergedException e) {
      giveUp(claimed);
      throw e;
    }
    return hold(claimed);
  }

  /** Writes it, or takes up what somebody else began of it: it is looked at only after that. */
  private Seen claim(NameRecord wanted) {
    Seen now = objects.create(wanted);
    while (now.is(Hold.DELETED)) {
      if (now.record().nonce().equals(wanted.nonce())) {
        throw gaveUp(wanted); // what was given up never comes again, lest its late writes count
      }
      now = objects.replace(now, wanted).orElseGet(() -> objects.create(wanted));
    }
    if (!now.record().position().equals(wanted.position())) {
      throw new DivergedException(
          wanted.name()
              + (now.is(Hold.HELD) ? " names" : " is being made, for")
              + " seq "
              + now.record().position()
              + " of "
              + now.record().time()
              + " already, not "
              + wanted.position()
              + "; take another name, or delete it first");
    }
    return now;
  }

  private NameRecord hold(Seen claimed) {
    NameRecord held = claimed.record().with(Hold.HELD);
    NameRecord now = objects.replace(claimed, held).map(Seen::record).orElse(null);
    if (now == null
        || now.hold() != Hold.HELD
        || !now.position().equals(claimed.record().position())) {
      throw gaveUp(held);
    }
    return now;
  }

  private static DivergedException gaveUp(NameRecord record) {
    return new DivergedException(
        record.name()
            + " was given up while it was being made, by a sweep, since that took longer than haduck.gc_grace, or by"
            + " somebody who deleted it; make it again");
  }

  /** The state does not exist: then nobody is told of it, and the name is free again. */
  private void giveUp(Seen claimed) {
    try {
      drop(claimed);
    } catch (UnavailableException e) {
      log.warn(
          "{} names a state that does not exist, and could not be given up: {}; the next sweep does, after haduck.gc_grace",
          claimed.record().name(),
          e.getMessage());
    }
  }

  /**
   * Deletes a name, whatever it names. Its object stays, and says so: what lands late can then hit
   * nothing that was made since.
   *
   * @return whether there was one
   * @throws UnavailableException if the store does not answer; it may or may not be deleted
   */
  public boolean delete(StateName name) {
    Optional<Seen> now = objects.read(name);
    boolean any = false;
    while (now.isPresent() && !now.get().is(Hold.DELETED)) {
      any = true;
      now = drop(now.get());
    }
    return any;
  }

  private Optional<Seen> drop(Seen seen) {
    return objects.replace(seen, seen.record().with(Hold.DELETED));
  }

  /**
   * Gives up what was left over: names that somebody began to make longer ago than the grace, and
   * pins whose time is over. Until that has succeeded, what is being made keeps its state.
   *
   * @return those that were given up
   */
  public List<StateName> giveUpLeftovers(FoundNames found, Duration grace) {
    List<StateName> over = new ArrayList<>();
    for (Found name : found.all()) {
      NameRecord record = name.record();
      if (record.isExpired(found.storeTime())) {
        // Whatever still writes to it, it names nothing any more, and its id never comes again.
        retries.run(
            () -> {
              store.deleteAll(List.of(record.name().key()));
              return record;
            });
        over.add(record.name());
      } else if (record.hold() == Hold.CREATING
          && name.modified().plus(grace).isBefore(found.storeTime())) {
        Optional<Seen> now = drop(name.seen());
        if (now.isEmpty() || now.get().is(Hold.DELETED)) {
          over.add(record.name());
        }
      }
    }
    return over;
  }
}
