package io.haduck.core.model;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a model of retention is made of.
 *
 * @param log those who write
 * @param kinds what the writers write at each seq, where it is not an EPOCH: W is a WAL commit, C a
 *     checkpoint, and with a question mark it may be either
 * @param sweepers how many there are
 * @param creators how many make names
 * @param grace how many ticks a key is older than when it is swept; without a clock nobody asks
 * @param options what else there is
 * @param mutations of the rules
 */
record RetentionRules(
    LogRules log,
    String kinds,
    int sweepers,
    int creators,
    int grace,
    Set<Option> options,
    Set<RetentionMutation> mutations) {

  /** What there may be or not. */
  enum Option {
    /** Writers roll up the WAL. */
    ROLL_UPS,
    /** Old manifests are deleted, so that one may be created again. */
    MANIFESTS_GO,
    /** The first BASE is never deleted, as EPOCHs are not. What is safe without is safe with it. */
    BASE_STAYS,
    /** All is written at the beginning, by one writer, which appends nothing more. */
    WRITTEN,
    /** Each policy keeps the newest checkpoint, and nothing below. */
    NEWEST_ONLY
  }

  /** Sweepers and creators beside one writer. */
  static RetentionRules ofNames(String kinds, int sweepers, int creators) {
    LogRules log = LogRules.withoutClocks(1, kinds.length(), FollowerRule.NONE);
    return new RetentionRules(log, kinds, sweepers, creators, 0, Set.of(), Set.of());
  }

  /** Writers that take over from each other, and readers, without any clock. */
  static RetentionRules ofWriters(String kinds, int writers, int sweepers, int creators) {
    LogRules log = LogRules.withoutClocks(writers, kinds.length(), FollowerRule.NONE);
    return new RetentionRules(log, kinds, sweepers, creators, 0, Set.of(), Set.of());
  }

  /** The clocks alone: EPOCHs are swept, and nobody lists. */
  static RetentionRules ofClocks(String kinds, int grace) {
    LogRules log = LogRules.withClocks(2, kinds.length(), FollowerRule.NONE);
    return new RetentionRules(
        log, kinds, 1, 0, grace, Set.of(), Set.of(RetentionMutation.SWEEP_EPOCHS));
  }

  RetentionRules with(Option... more) {
    Set<Option> all = new TreeSet<>(options);
    all.addAll(List.of(more));
    return new RetentionRules(log, kinds, sweepers, creators, grace, all, mutations);
  }

  RetentionRules mutated(RetentionMutation mutation) {
    Set<RetentionMutation> more = new TreeSet<>(mutations);
    more.add(mutation);
    LogRules also =
        mutation == RetentionMutation.SWEEP_EPOCHS ? log.mutated(Mutation.SWEEP_EPOCHS) : log;
    return new RetentionRules(also, kinds, sweepers, creators, grace, options, more);
  }

  boolean has(Option option) {
    return options.contains(option);
  }

  boolean has(RetentionMutation mutation) {
    return mutations.contains(mutation);
  }

  String bounds() {
    return String.format(
        "%d writers of %s, %d sweepers, %d creators, %s%s",
        log.sessions(),
        kinds,
        sweepers,
        creators,
        log.hasClock() ? "grace " + grace + ", " : "",
        options);
  }
}
