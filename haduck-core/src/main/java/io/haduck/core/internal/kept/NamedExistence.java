package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.ObjectStore;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Whether the state exists that a name is to be for, asked after the name was written. Safe for any
 * thread.
 */
final class NamedExistence {
  private final Manifests manifests;
  private final ReplicationLog log;
  private final Retries retries;
  private final Supplier<FoundNames> lasting;

  /**
   * @param lasting lists names on whose word another may rely: those whose end no clock decides
   */
  NamedExistence(
      ObjectStore store, Manifests manifests, Retries retries, Supplier<FoundNames> lasting) {
    this.manifests = manifests;
    this.log = new ReplicationLog(store);
    this.retries = retries;
    this.lasting = lasting;
  }

  /**
   * Asks.
   *
   * @throws DivergedException if it does not exist; says which do
   * @throws CorruptDataException if it should, and its changeset is not there
   */
  void require(NameRecord wanted) {
    Optional<Manifest> newest = manifests.newest();
    while (true) {
      requireKept(wanted, newest);
      Optional<DecodedChangeset> there = retries.run(() -> log.read(wanted.position().seq()));
      if (there.isPresent() && there.get().position().equals(wanted.position())) {
        return;
      }
      Optional<Manifest> before = newest;
      newest = manifests.newest();
      if (newest.equals(before)) {
        throw notThere(wanted, there, newest);
      }
    }
  }

  private void requireKept(NameRecord wanted, Optional<Manifest> newest) {
    LogPosition position = wanted.position();
    if (newest.isEmpty() || newest.get().contains(position)) {
      return;
    }
    List<NameRecord> others = lasting.get().warnOfUnreadable().held();
    if (others.stream().noneMatch(other -> names(other, wanted))) {
      throw new DivergedException(
          wanted.name()
              + " cannot name seq "
              + position
              + ", which is not kept any more: "
              + kept(newest.get(), others, position.seq()));
    }
  }

  private static boolean names(NameRecord other, NameRecord wanted) {
    return other.position().equals(wanted.position()) && !other.name().equals(wanted.name());
  }

  private static HaduckException notThere(
      NameRecord wanted, Optional<DecodedChangeset> there, Optional<Manifest> newest) {
    LogPosition position = wanted.position();
    String problem =
        there.isPresent()
            ? "there is " + there.get().position() + " at that seq"
            : "the log has no such seq";
    if (newest.isPresent() && position.seq() < newest.get().floors().walFrom()) {
      return new CorruptDataException(
          wanted.name()
              + " cannot name seq "
              + position
              + ": it is kept, and "
              + problem
              + ". Restore it from the bucket's versions or a copy; run Haduck.verify to see what else is lost");
    }
    return new DivergedException(wanted.name() + " cannot name seq " + position + ": " + problem);
  }

  /** Which states are, around one that is not. */
  private static String kept(Manifest newest, List<NameRecord> others, long seq) {
    NavigableSet<Long> below = new TreeSet<>(newest.states().keySet());
    others.forEach(other -> below.add(other.position().seq()));
    long floor = newest.floors().walFrom();
    Long before = below.lower(seq);
    Long after = below.higher(seq);
    return "the oldest state is seq "
        + (below.isEmpty() ? floor : Math.min(floor, below.first()))
        + ", the nearest before it "
        + (before == null ? "none" : "seq " + before)
        + ", the nearest after it seq "
        + (after == null || after > floor ? floor : after);
  }
}
