package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.PolicyInForce;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * {@code kept/{n}}: which states of a log exist, as one sweep wrote it down before it deleted
 * anything. Immutable.
 *
 * @param number that of its key, from 1
 * @param lineage of the log's history
 * @param head of the log that the plan saw
 * @param written when, by the store's clock
 * @param policy that was in force, and what comes next
 * @param grace what is younger than that is not deleted
 * @param floors from where on there are no gaps
 * @param states all that exist below {@code floors.walFrom()} because of the policy, by seq; what
 *     names keep is not in here
 * @param fences seqs below {@code floors.walFrom()} of changesets that are known to fence, so that
 *     no sweep has to look at them again; there may be more
 */
public record Manifest(
    long number,
    UUID lineage,
    LogPosition head,
    Instant written,
    PolicyInForce policy,
    Duration grace,
    Floors floors,
    NavigableMap<Long, KeptState> states,
    NavigableSet<Long> fences) {
  /**
   * Copies the map.
   *
   * @throws IllegalArgumentException if this cannot be
   */
  public Manifest {
    states = Collections.unmodifiableNavigableMap(new TreeMap<>(states));
    fences = Collections.unmodifiableNavigableSet(new TreeSet<>(fences));
    if (number < 1
        || grace.isNegative()
        || floors.walFrom() > head.seq()
        || (!states.isEmpty() && (states.firstKey() < 1 || states.lastKey() >= floors.walFrom()))
        || (!fences.isEmpty() && (fences.first() < 1 || fences.last() >= floors.walFrom()))) {
      throw new IllegalArgumentException(
          "manifest " + number + " of states " + states.keySet() + " below " + floors);
    }
  }

  /** One that knows of no fences. */
  Manifest(
      long number,
      UUID lineage,
      LogPosition head,
      Instant written,
      PolicyInForce policy,
      Duration grace,
      Floors floors,
      NavigableMap<Long, KeptState> states) {
    this(
        number,
        lineage,
        head,
        written,
        policy,
        grace,
        floors,
        states,
        Collections.emptyNavigableSet());
  }

  /** The key. */
  public String key() {
    return LogKeys.kept(number);
  }

  /** What exists by this alone. */
  public ReadableStates readable() {
    NavigableMap<Long, Digest> below = new TreeMap<>();
    states.forEach((seq, state) -> below.put(seq, state.digest()));
    return new ReadableStates(floors.walFrom(), below);
  }

  /** Whether it says that the state at a position exists, or that it would if the log had it. */
  public boolean contains(LogPosition position) {
    KeptState state = states.get(position.seq());
    return position.seq() >= floors.walFrom()
        || (state != null && state.digest().equals(position.digest()));
  }

  /**
   * Checks that this may be written after another one. What that one gave up stays given up.
   *
   * @throws CorruptDataException if not; says why
   */
  public void requireFollows(Manifest before) {
    if (number != before.number + 1) {
      throw refused(before, "its number is not the next one");
    }
    if (!lineage.equals(before.lineage)) {
      throw refused(before, "it is of lineage " + lineage + ", not of " + before.lineage);
    }
    if (head.seq() < before.head.seq()
        || (head.seq() == before.head.seq() && !head.equals(before.head))) {
      throw refused(
          before,
          "the log's head was " + before.head + " and is " + head + ": it has lost history");
    }
    if (floors.wholeFrom() < before.floors.wholeFrom()
        || floors.walFrom() < before.floors.walFrom()) {
      throw refused(before, "floors fall from " + before.floors + " to " + floors);
    }
    states
        .headMap(before.floors.walFrom())
        .forEach(
            (seq, state) -> {
              if (!before.contains(new LogPosition(seq, state.digest()))) {
                throw refused(before, "it lists seq " + seq + ", which was given up");
              }
            });
  }

  private CorruptDataException refused(Manifest before, String why) {
    return new CorruptDataException(
        key() + " may not follow " + before.key() + ": " + why + "; nothing is deleted");
  }
}
