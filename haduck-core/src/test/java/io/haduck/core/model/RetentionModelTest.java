package io.haduck.core.model;

import static io.haduck.core.model.RetentionRules.Option.BASE_STAYS;
import static io.haduck.core.model.RetentionRules.Option.MANIFESTS_GO;
import static io.haduck.core.model.RetentionRules.Option.NEWEST_ONLY;
import static io.haduck.core.model.RetentionRules.Option.ROLL_UPS;
import static io.haduck.core.model.RetentionRules.Option.WRITTEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Retention in every interleaving within bounds: sweepers, whoever makes points and pins, writers
 * that take over from each other, and readers. docs/internals/protocol-model.md.
 */
class RetentionModelTest {
  // --- safety; and nothing stays that nothing needs, from whatever state two sweeps begin

  @Test
  void twoSweepers_besideACreatorOfNames_areSafe() {
    assertSafe(
        RetentionRules.ofNames(longer("?CWC"), 2, 1),
        RetentionLandmark.CHANGESET_SWEPT,
        RetentionLandmark.SNAPSHOT_SWEPT,
        RetentionLandmark.SNAPSHOT_MADE,
        RetentionLandmark.KEPT_BELOW_THE_FLOOR,
        RetentionLandmark.MANIFEST_TAKEN,
        RetentionLandmark.NAME_HELD,
        RetentionLandmark.NAME_REFUSED,
        RetentionLandmark.NAME_FOUND_AFTER_THE_MANIFEST,
        RetentionLandmark.LEFTOVER_IGNORED);
  }

  @Test
  @Tag("slow")
  void twoSweepers_besideTwoCreatorsOfNames_areSafe() {
    assertSafe(
        RetentionRules.ofNames(longer("?CC"), 2, 2).with(MANIFESTS_GO),
        RetentionLandmark.NAMED_STATE_NAMED_AGAIN,
        RetentionLandmark.OLD_MANIFEST_CREATED_LATE);
  }

  @Test
  @Tag("slow")
  void twoSweepers_ofALongerHistory_areSafe() {
    assertSafe(
        RetentionRules.ofNames(longer("?CWCC"), 2, 1).with(WRITTEN),
        RetentionLandmark.NAME_FOUND_AFTER_THE_MANIFEST);
  }

  @Test
  @Tag("slow")
  void twoSweepers_besideAWriterOfAnything_areSafe() {
    assertSafe(RetentionRules.ofNames(longer("????"), 2, 1), RetentionLandmark.SNAPSHOT_SWEPT);
  }

  @Test
  void stateThatOnlyANameKeeps_mayBeNamedAgainWhileThatIsHeld() {
    assertSafe(
        RetentionRules.ofNames(longer("?CC"), 1, 2), RetentionLandmark.NAMED_STATE_NAMED_AGAIN);
  }

  @Test
  void manifestThatIsCreatedLate_whereItWasDeleted_deletesNothing() {
    assertSafe(
        RetentionRules.ofNames(longer("?CC"), 2, 1).with(MANIFESTS_GO),
        RetentionLandmark.OLD_MANIFEST_CREATED_LATE,
        RetentionLandmark.NEWER_MANIFEST_SEEN);
  }

  @Test
  void rollUpsThatNothingNamesYet_ofFrozenWriters_areSafe() {
    assertSafe(
        RetentionRules.ofWriters(longer("?WW?"), 2, 1, 0).with(ROLL_UPS),
        RetentionLandmark.ROLL_UP_SWEPT,
        RetentionLandmark.ROLL_UP_NAMED,
        RetentionLandmark.ROLL_UP_DROPPED,
        RetentionLandmark.READER_MET_A_STRAY);
  }

  @Test
  void frozenWritersAndOpeners_ofThree_areSafe() {
    assertSafe(
        RetentionRules.ofWriters(longer("?WC"), 3, 1, 0).with(ROLL_UPS),
        RetentionLandmark.CHANGESET_SWEPT,
        RetentionLandmark.READER_MET_A_STRAY);
  }

  @Test
  void writersThatTakeOver_besideACreatorOfNames_areSafe() {
    assertSafe(
        RetentionRules.ofWriters(longer("?WC"), 2, 1, 1),
        RetentionLandmark.NAME_FOUND_AFTER_THE_MANIFEST,
        RetentionLandmark.READER_MET_A_STRAY);
  }

  @Test
  @Tag("slow")
  void all_areSafe() {
    assertSafe(
        RetentionRules.ofWriters(longer("?W?C"), 2, 1, 1).with(ROLL_UPS),
        RetentionLandmark.ROLL_UP_NAMED,
        RetentionLandmark.NAME_HELD,
        RetentionLandmark.READER_MET_A_STRAY);
  }

  @Test
  @Tag("slow")
  void twoSweepers_besideTwoWriters_areSafe() {
    assertSafe(
        RetentionRules.ofWriters(longer("?WC?"), 2, 2, 0).with(BASE_STAYS),
        RetentionLandmark.READER_MET_A_STRAY);
  }

  @Test
  void clocksAlone_withAGraceAboveTheLimit_areSafe() {
    assertSafe(
        RetentionRules.ofClocks(longer("?CC"), 2).with(NEWEST_ONLY, BASE_STAYS),
        RetentionLandmark.CHANGESET_SWEPT);
  }

  // --- each rule is needed

  @ParameterizedTest
  @EnumSource(
      value = RetentionMutation.class,
      names = {
        "LIST_NAMES_BEFORE_THE_MANIFEST",
        "NAME_WITHOUT_A_LOOK",
        "LOOK_BEFORE_THE_NAME",
        "TRUST_A_NAME_IN_THE_MAKING"
      })
  void names_eachRuleIsNeeded(RetentionMutation mutation) {
    assertBreach(Breach.KEPT_IS_LOST, RetentionRules.ofNames("?CC", 1, 2).mutated(mutation));
  }

  @ParameterizedTest
  @EnumSource(
      value = RetentionMutation.class,
      names = {"LIST_DROPPED_STATES_AGAIN", "SWEEP_SPARE_SNAPSHOTS", "CUT_WITHOUT_A_SNAPSHOT"})
  void sweepers_eachRuleIsNeeded(RetentionMutation mutation) {
    assertBreach(Breach.KEPT_IS_LOST, RetentionRules.ofNames("?CC", 2, 1).mutated(mutation));
  }

  /** One sweeper goes by one chain, and the other by another. */
  @Test
  void floorWithoutASnapshot_losesStates() {
    assertBreach(
        Breach.KEPT_IS_LOST,
        RetentionRules.ofNames("?CWC", 2, 0)
            .with(NEWEST_ONLY)
            .mutated(RetentionMutation.FLOOR_WITHOUT_A_SNAPSHOT));
  }

  /** The same, of a state that is named while the sweeper has dropped it in its manifest. */
  @Test
  void nameWithoutASnapshot_isLost() {
    assertBreach(
        Breach.KEPT_IS_LOST,
        RetentionRules.ofNames("?CWCC", 2, 1)
            .with(WRITTEN, NEWEST_ONLY)
            .mutated(RetentionMutation.NAME_WITHOUT_A_SNAPSHOT));
  }

  @Test
  void sweepThatStopsAtLeftovers_deletesNothingAnyMore() {
    assertBreach(
        Breach.GARBAGE_STAYS,
        RetentionRules.ofNames("?CC", 1, 1).mutated(RetentionMutation.STOP_AT_LEFTOVERS));
  }

  /** Where no manifest is ever deleted, all the runs above are without the look. */
  @Test
  void deletesWithoutALook_areFatalOnlyWhereManifestsAreDeleted() {
    RetentionRules rules =
        RetentionRules.ofNames("?CC", 2, 0).mutated(RetentionMutation.DELETE_WITHOUT_A_LOOK);

    assertSafe(rules, RetentionLandmark.MANIFEST_TAKEN);
    assertBreach(Breach.KEPT_IS_LOST, rules.with(MANIFESTS_GO));
  }

  @ParameterizedTest
  @EnumSource(
      value = RetentionMutation.class,
      names = {"SWEEP_PENDING_SEGMENTS", "KEEP_ROLL_UP"})
  void rollUps_eachRuleIsNeeded(RetentionMutation mutation) {
    assertBreach(
        Breach.KEPT_IS_LOST,
        RetentionRules.ofWriters("????", 1, 1, 0).with(ROLL_UPS).mutated(mutation));
  }

  @Test
  void sweptEpochs_unfenceAWriter() {
    assertBreach(
        Breach.FENCED_IS_ACKNOWLEDGED,
        RetentionRules.ofWriters("?CC", 2, 1, 0)
            .with(BASE_STAYS)
            .mutated(RetentionMutation.SWEEP_EPOCHS));
  }

  @ParameterizedTest
  @EnumSource(
      value = RetentionMutation.class,
      names = {"IGNORE_THE_FLOOR", "READ_THE_MANIFEST_FIRST"})
  void readers_eachRuleIsNeeded(RetentionMutation mutation) {
    assertBreach(
        Breach.READER_IS_ASTRAY,
        RetentionRules.ofWriters("?CC", 2, 1, 0).with(BASE_STAYS).mutated(mutation));
  }

  @Test
  void graceBelowTheLimit_unfencesAWriter() {
    assertBreach(
        Breach.FENCED_IS_ACKNOWLEDGED,
        RetentionRules.ofClocks("?CC", 0).with(NEWEST_ONLY, BASE_STAYS));
  }

  // --- how it is said

  private static String longer(String kinds) {
    return kinds + "?".repeat(Runs.more(0));
  }

  private static void assertSafe(RetentionRules rules, RetentionLandmark... wanted) {
    var model = new RetentionModel(rules, true);

    Exploration all = Runs.explore(rules.bounds(), model);

    assertThat(all.breach()).as(String.join("\n", all.trace())).isNull();
    List<RetentionLandmark> missed = new ArrayList<>(List.of(wanted));
    missed.removeAll(model.reached());
    assertThat(missed).as("what never happened").isEmpty();
  }

  private static void assertBreach(Breach breach, RetentionRules rules) {
    // The longest search takes twice as long if two sweepers are not alike.
    var model = new RetentionModel(rules, rules.has(WRITTEN));

    Exploration found = Runs.explore(rules.mutations() + " " + rules.bounds(), model);

    assertThat(found.breach()).isEqualTo(breach);
    assertThat(found.trace()).isNotEmpty();
  }
}
