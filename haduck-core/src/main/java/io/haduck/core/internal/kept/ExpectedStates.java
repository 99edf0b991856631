package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReadableStates;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which states there must be, and why, by the newest manifest and all names: for whoever proves it.
 * Immutable.
 *
 * @param manifest the number of the newest one; 0 if there is none that can be read
 * @param readable what exists by them
 * @param states that are listed or named, wherever in the log, by seq
 * @param problems what cannot be read of them, or contradicts itself
 */
public record ExpectedStates(
    long manifest,
    ReadableStates readable,
    NavigableMap<Long, Expected> states,
    List<Problem> problems) {
  private static final Pattern KEY = Pattern.compile("\\b(kept|point|pin|proof)/[^\\s:]*");

  /** Copies what can be changed. */
  public ExpectedStates {
    states = Collections.unmodifiableNavigableMap(new TreeMap<>(states));
    problems = List.copyOf(problems);
  }

  /**
   * One of them.
   *
   * @param digest of its changeset
   * @param reasons why it is kept, in words
   */
  public record Expected(Digest digest, String reasons) {}

  /**
   * Something that is wrong.
   *
   * @param key of the object
   * @param what is wrong with it
   */
  public record Problem(String key, String what) {}

  /** Reads them. Never fails for what is damaged, which is among the problems. */
  static ExpectedStates read(Manifests manifests, Names names) {
    List<Problem> problems = new ArrayList<>();
    Optional<Manifest> newest = Optional.empty();
    try {
      newest = manifests.newest();
    } catch (CorruptDataException e) {
      problems.add(problem(LogKeys.KEPT, e));
    }
    FoundNames found = names.list();
    found.unreadable().forEach(e -> problems.add(problem(NameKind.POINT.prefix(), e)));
    NavigableMap<Long, Expected> states = new TreeMap<>();
    newest.ifPresent(
        manifest ->
            manifest
                .states()
                .forEach(
                    (seq, state) ->
                        states.put(
                            seq,
                            new Expected(state.digest(), String.join(", ", state.reasons())))));
    for (NameRecord name : found.held()) {
      LogPosition position = name.position();
      Expected known = states.get(position.seq());
      if (known == null || known.digest().equals(position.digest())) {
        String reasons = (known == null ? "" : known.reasons() + ", ") + name.reason();
        states.put(position.seq(), new Expected(position.digest(), reasons));
      } else {
        problems.add(
            new Problem(
                name.name().key(), KeptStates.contradiction(name, known.digest()) + " by now"));
      }
    }
    long floor = newest.map(manifest -> manifest.floors().walFrom()).orElse(0L);
    NavigableMap<Long, Digest> below = new TreeMap<>();
    states.headMap(floor, false).forEach((seq, state) -> below.put(seq, state.digest()));
    return new ExpectedStates(
        newest.map(Manifest::number).orElse(0L),
        newest.isEmpty() ? ReadableStates.NONE : new ReadableStates(floor, below),
        states,
        problems);
  }

  private static Problem problem(String prefix, CorruptDataException e) {
    String message = String.valueOf(e.getMessage());
    Matcher key = KEY.matcher(message);
    return new Problem(key.find() ? key.group() : prefix, message);
  }
}
