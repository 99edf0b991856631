package io.haduck.core.verify;

import io.haduck.core.internal.log.Damage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** Collects what a check finds, each thing once. For one thread. */
final class CheckFindings {
  /** A report names so many at most, and as many notes. */
  static final int MOST_FINDINGS = 10_000;

  static final String RESTORE_VERSION =
      "If the database's own file is there, nothing is lost: keep it, and let it begin a new replica by another"
          + " haduck.name. Else restore an undamaged version or copy of the object if there is one; else restore to a seq that"
          + " the check calls readable, and begin a new replica from it";
  static final String NOT_NEEDED =
      "Snapshots only make reading short: readers ignore it, and it may be deleted";

  static final String UNUSED =
      "No changeset that could be read lists it; what others point at in it was checked by itself";

  private final List<Finding> findings = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private long omitted;

  void add(Finding finding) {
    if (findings.size() >= MOST_FINDINGS) {
      omitted++;
    } else if (seen.add(finding.key() + " " + finding.offset() + " " + finding.length())) {
      findings.add(finding);
    }
  }

  void add(String key, long seq, Damage damage, String whatToDo) {
    add(
        new Finding(
            key,
            OptionalLong.of(damage.offset()),
            damage.length(),
            seq,
            plain(key, damage.what()),
            whatToDo));
  }

  void add(String key, long seq, List<Damage> damages, String whatToDo) {
    damages.forEach(damage -> add(key, seq, damage, whatToDo));
  }

  void note(String note) {
    if (notes.size() < MOST_FINDINGS) {
      notes.add(note);
    }
  }

  int count() {
    return findings.size();
  }

  long omitted() {
    return omitted;
  }

  List<Finding> findings() {
    return findings;
  }

  List<String> notes() {
    return notes;
  }

  /** Messages of decoders name the object, which a finding does anyway. */
  private static String plain(String key, String what) {
    return what.startsWith(key + " ") ? what.substring(key.length() + 1) : what;
  }
}
