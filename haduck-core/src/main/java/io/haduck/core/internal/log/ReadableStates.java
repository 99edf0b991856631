package io.haduck.core.internal.log;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which states of a log exist, by what is written down of them and not by which keys lie there:
 * below a floor only those that somebody says are kept.
 *
 * @param walFrom from this seq on every state exists
 * @param below those below it, by seq, with the digest of their changeset; never changed
 */
public record ReadableStates(long walFrom, NavigableMap<Long, Digest> below) {
  /** Of a log that was never swept: every state exists. */
  public static final ReadableStates NONE = new ReadableStates(0, new TreeMap<>());

  /**
   * Copies the map.
   *
   * @throws IllegalArgumentException if one of those below is not
   */
  public ReadableStates {
    below = Collections.unmodifiableNavigableMap(new TreeMap<>(below));
    if (walFrom < 0 || (!below.isEmpty() && below.lastKey() >= walFrom)) {
      throw new IllegalArgumentException("states " + below.keySet() + " below " + walFrom);
    }
  }

  /** Whether the state after a changeset exists, if the log got that far. */
  public boolean contains(long seq) {
    return seq >= walFrom || below.containsKey(seq);
  }

  /**
   * The digest that the changeset of a seq must have, lest it is a stray.
   *
   * @return null where nothing is written down of it, as from the floor on
   */
  public @Nullable Digest expects(long seq) {
    return below.get(seq);
  }
}
