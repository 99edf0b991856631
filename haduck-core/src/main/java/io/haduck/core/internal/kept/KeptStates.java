package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.retention.NamedState;
import io.haduck.core.internal.retention.RetainedStates;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What exists, by manifest and names together; and what of a plan goes into the next manifest. */
public final class KeptStates {
  private static final Logger log = LoggerFactory.getLogger(KeptStates.class);

  private KeptStates() {}

  /**
   * Reads which states exist: for readers. A sweep may give up some of them meanwhile, and what is
   * then not there is a reason to read anew.
   *
   * @throws CorruptDataException if the newest manifest cannot be read. A name that cannot be read
   *     is warned of
   */
  public static ReadableStates read(Manifests manifests, Names names) {
    // In this order: whoever makes a name writes it before it looks at the manifest.
    Optional<Manifest> newest = manifests.newest();
    return newest.isEmpty()
        ? ReadableStates.NONE
        : with(newest.get(), names.list().warnOfUnreadable().held());
  }

  private static ReadableStates with(Manifest manifest, List<NameRecord> held) {
    ReadableStates listed = manifest.readable();
    NavigableMap<Long, Digest> below = new TreeMap<>(listed.below());
    for (NameRecord name : held) {
      LogPosition position = name.position();
      if (position.seq() < listed.walFrom()) {
        Digest other = below.putIfAbsent(position.seq(), position.digest());
        if (other != null && !other.equals(position.digest())) {
          log.warn(contradiction(name, other));
        }
      }
    }
    return new ReadableStates(listed.walFrom(), below);
  }

  /**
   * The names by which a plan keeps states: for sweeps. Those that are being made are among them:
   * if the state of such a one does not exist, it is to be left out.
   *
   * @throws CorruptDataException if one is not understood, or one that is held contradicts the
   *     manifest or another: then nothing may be deleted
   */
  public static List<NameRecord> named(Optional<Manifest> newest, FoundNames found) {
    NavigableMap<Long, Digest> digests = new TreeMap<>();
    newest.ifPresent(manifest -> digests.putAll(manifest.readable().below()));
    List<NameRecord> named = new ArrayList<>();
    for (NameRecord name : found.requireReadable().held()) {
      Digest other = contradicted(digests, name);
      if (other != null) {
        throw new CorruptDataException(contradiction(name, other) + "; nothing is deleted");
      }
      named.add(name);
    }
    for (NameRecord name : found.creating()) {
      if (contradicted(digests, name) == null) {
        named.add(name);
      }
    }
    return named;
  }

  private static @Nullable Digest contradicted(
      NavigableMap<Long, Digest> digests, NameRecord name) {
    Digest digest = name.position().digest();
    Digest other = digests.putIfAbsent(name.position().seq(), digest);
    return other == null || other.equals(digest) ? null : other;
  }

  static String contradiction(NameRecord name, Digest other) {
    return name.name()
        + " names seq "
        + name.position()
        + ", but the state that is kept there has digest "
        + other;
  }

  /**
   * What the next manifest lists of a plan: what the policy keeps below the floor. What is kept by
   * names only is left out, and so is what was given up before and is kept by a name since then.
   *
   * @param named the names that the plan was given, with their reasons
   * @param before the newest manifest; null if there is none
   * @param digests of changesets, by seq
   */
  public static NavigableMap<Long, KeptState> listed(
      RetainedStates plan,
      List<NamedState> named,
      @Nullable Manifest before,
      LongFunction<Digest> digests) {
    Set<String> ofNames = new HashSet<>();
    named.forEach(name -> ofNames.add(name.reason()));
    NavigableMap<Long, KeptState> listed = new TreeMap<>();
    plan.states()
        .headMap(plan.floors().walFrom(), false)
        .forEach(
            (seq, kept) -> {
              List<String> reasons =
                  kept.reasons().stream().filter(it -> !ofNames.contains(it)).toList();
              Digest digest = digests.apply(seq);
              boolean exists = before == null || before.contains(new LogPosition(seq, digest));
              if (exists && !reasons.isEmpty()) {
                listed.put(
                    seq, new KeptState(kept.state().kind(), digest, kept.state().time(), reasons));
              }
            });
    return listed;
  }
}
