package io.haduck.core.verify;

import java.util.List;

/**
 * What a check of a whole replica found.
 *
 * @param changesets that were read
 * @param segments that were read
 * @param snapshots that were read
 * @param bytes that were read from the store; what was in doubt was read twice
 * @param readable the moments that can be restored, ascending; between them lies what is damaged,
 *     missing, or follows that without a new beginning
 * @param headSeq the last seq that the listing showed; 0 for an empty replica
 * @param findings what is wrong, at most 10,000
 * @param findingsOmitted how many more there were
 * @param notes what is strange but does no harm, such as keys that are not haduck's
 */
public record VerifyReport(
    long changesets,
    long segments,
    long snapshots,
    long bytes,
    List<SeqRange> readable,
    long headSeq,
    List<Finding> findings,
    long findingsOmitted,
    List<String> notes) {
  /** Copies the lists. */
  public VerifyReport {
    readable = List.copyOf(readable);
    findings = List.copyOf(findings);
    notes = List.copyOf(notes);
  }

  /**
   * Changesets with no gap between them.
   *
   * @param first seq
   * @param last seq, included
   */
  public record SeqRange(long first, long last) {}

  /** Returns whether nothing is wrong: there is a replica, and all of it is whole. */
  public boolean isClean() {
    return findings.isEmpty();
  }

  /** Returns how many objects were read. */
  public long objects() {
    return changesets + segments + snapshots;
  }

  /** Returns whether this moment can be restored. */
  public boolean isReadable(long seq) {
    return readable.stream().anyMatch(range -> seq >= range.first() && seq <= range.last());
  }
}
