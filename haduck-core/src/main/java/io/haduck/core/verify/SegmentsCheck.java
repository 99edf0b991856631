package io.haduck.core.verify;

import io.haduck.core.MissingObjectException;
import io.haduck.core.internal.log.Damage;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.Segment;
import io.haduck.core.internal.log.SegmentCheck;
import io.haduck.core.internal.log.SegmentRef;
import io.haduck.core.internal.log.WholeObject;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads each segment once, with the first changeset that lists it. For one thread. */
final class SegmentsCheck {
  private final CheckedObjects objects;
  private final PartCheck parts;
  private final CheckFindings findings;
  private final KeptCheck kept;
  private final Set<String> checked = new HashSet<>();
  private final Set<String> referred = new HashSet<>();
  private long read;

  SegmentsCheck(CheckedObjects objects, PartCheck parts, CheckFindings findings, KeptCheck kept) {
    this.objects = objects;
    this.parts = parts;
    this.findings = findings;
    this.kept = kept;
  }

  /** Returns how many were read. */
  long read() {
    return read;
  }

  /** A changeset points into this object. */
  void referred(String key) {
    referred.add(key);
  }

  /**
   * Checks the segments that a changeset lists for the first time.
   *
   * @param byObject what it points at; that in these segments is taken out
   */
  void check(DecodedChangeset decoded, Map<String, List<PartCheck.Part>> byObject) {
    UUID lineage = decoded.changeset().lineage();
    for (SegmentRef ref : decoded.changeset().segments()) {
      String key = ref.key();
      if (!objects.has(key)) {
        parts.check(key, null, byObject.getOrDefault(key, List.of()), decoded.changeset().seq());
        byObject.remove(key);
      } else if (checked.add(key)) {
        List<PartCheck.Part> inIt = byObject.remove(key);
        whole(key, ref, lineage, inIt == null ? List.of() : inIt, decoded.changeset().seq());
      }
    }
  }

  /** Checks what no changeset lists. */
  void rest(@Nullable UUID lineage) {
    long ofOthers = 0;
    for (String key : objects.segments().keySet()) {
      if (checked.add(key)) {
        long seq = LogKeys.segmentSeq(key).orElse(0);
        if (seq < kept.floor() && !referred.contains(key)) {
          ofOthers++; // what a snapshot points at in it was checked by itself
          objects.checked();
          continue;
        }
        whole(key, null, lineage, List.of(), seq);
        if (!referred.contains(key)) {
          findings.note(
              key
                  + " is listed by no changeset that could be read: a capture was thrown away, is under way,"
                  + " or was fenced");
        }
      }
    }
    if (ofOthers > 0) {
      findings.note(
          ofOthers
              + " segments are of changesets below seq "
              + kept.floor()
              + " that are not kept any more; of these only what kept states need was read");
    }
  }

  private void whole(
      String key,
      @Nullable SegmentRef ref,
      @Nullable UUID lineage,
      List<PartCheck.Part> inIt,
      long seq) {
    try {
      WholeObject object = objects.whole(key);
      SegmentCheck check = check(key, object, ref, lineage);
      if (!check.damages().isEmpty() || check.dataDamaged()) {
        object = objects.whole(key); // should it have been damaged on its way
        check = check(key, object, ref, lineage);
      }
      String whatToDo = ref == null ? CheckFindings.UNUSED : CheckFindings.RESTORE_VERSION;
      findings.add(key, seq, check.damages(), whatToDo);
      boolean found = !parts.check(key, object.bytes(), inIt, seq);
      if (check.dataDamaged() && !found) {
        long from = PartCheck.uncovered(Segment.HEADER_LENGTH, object.contentLength(), inIt);
        long to = ref == null ? object.length() : object.contentLength();
        findings.add(
            key,
            seq,
            new Damage(
                from,
                Math.max(to - from, 0),
                "expected SHA-256 "
                    + (ref == null ? object.trailer() : ref.sha256())
                    + ", found "
                    + object.sha256()
                    + "; blocks and WAL in it that are in use are right"),
            whatToDo);
      }
    } catch (MissingObjectException e) {
      findings.add(
          Finding.of(
              key, seq, "the segment was listed and is gone now", CheckFindings.RESTORE_VERSION));
    }
    read++;
    objects.checked();
  }

  private SegmentCheck check(
      String key, WholeObject object, @Nullable SegmentRef ref, @Nullable UUID lineage) {
    return SegmentCheck.of(
        key, object, objects.head(key, object, Segment.HEADER_LENGTH), ref, lineage);
  }
}
