package io.haduck.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The protocol of the log in every interleaving within bounds. The lease says yes to whoever asks,
 * so what is shown here holds with any lease, and without one. docs/internals/protocol-model.md.
 */
class LogModelTest {
  /** What only a follower does. */
  private static final Set<Landmark> OF_FOLLOWERS =
      EnumSet.of(Landmark.FOLLOWED, Landmark.FOLLOWER_BEGAN_ANEW);

  // --- safety

  @Test
  void allRules_areSafe() {
    assertSafe("all rules", LogRules.both(2, Runs.more(4), FollowerRule.LISTS_OPENINGS), Set.of());
  }

  @Test
  @Tag("slow")
  void allRules_ofThreeSessions_areSafe() {
    assertSafe("all rules", LogRules.both(3, Runs.more(4), FollowerRule.NONE), with(OF_FOLLOWERS));
  }

  @Test
  @Tag("slow")
  void allRules_ofThreeSessions_withAFollower_areSafe() {
    assertSafe("all rules", LogRules.both(3, Runs.more(3), FollowerRule.LISTS_OPENINGS), Set.of());
  }

  @Test
  void epochsAndLists_withoutAnyClock_areSafe() {
    assertSafe(
        "without clocks",
        LogRules.withoutClocks(3, Runs.more(5), FollowerRule.NONE),
        with(OF_FOLLOWERS, Landmark.OWN_CHANGESET_READ_BACK));
  }

  @Test
  void epochsAndLists_withoutAnyClock_withAFollower_areSafe() {
    assertSafe(
        "without clocks, follower",
        LogRules.withoutClocks(3, Runs.more(4), FollowerRule.LISTS_OPENINGS),
        Set.of(Landmark.OWN_CHANGESET_READ_BACK));
  }

  @Test
  void confirmationsOfFifteenSeconds_withEpochsSweptAndNoListAfterThem_areSafe() {
    assertSafe(
        "clocks alone",
        LogRules.withClocks(2, Runs.more(5), FollowerRule.NONE),
        with(OF_FOLLOWERS));
  }

  @Test
  @Tag("slow")
  void confirmationsOfFifteenSeconds_ofThreeSessions_areSafe() {
    assertSafe(
        "clocks alone",
        LogRules.withClocks(3, Runs.more(4), FollowerRule.NONE),
        with(OF_FOLLOWERS));
  }

  @Test
  @Tag("slow")
  void confirmationsOfFifteenSeconds_withAFollower_areSafe() {
    assertSafe(
        "clocks alone, follower",
        LogRules.withClocks(2, Runs.more(4), FollowerRule.LISTS_WHEN_BEHIND),
        Set.of());
  }

  @Test
  void leaseThatSaysNo_acknowledgesNothing() {
    var rules = LogRules.withoutClocks(3, 4, FollowerRule.LISTS_OPENINGS).withLeaseThatSaysNo();
    var model = new LogModel(rules);

    Exploration all = Runs.explore("lease says no", model);

    assertThat(all.breach()).isNull();
    assertThat(model.reached()).isEmpty();
  }

  // --- liveness

  @Test
  void fromEveryState_whoeverOpensNext_canBecomeTheWriter() {
    LogRules rules = LogRules.withoutClocks(3, 4, FollowerRule.NONE);
    var model = new LogModel(rules);
    Exploration all = Runs.explore("liveness", model);

    String stuck = all.stuck(state -> model.decode(state).hasWriterOrNoRoom());

    assertThat(stuck).isNull();
  }

  @Test
  void fromEveryState_aFollowerCanCatchUp() {
    LogRules rules = LogRules.withoutClocks(2, 4, FollowerRule.LISTS_OPENINGS);
    var model = new LogModel(rules);
    Exploration all = Runs.explore("liveness of a follower", model);

    assertThat(all.stuck(state -> model.decode(state).hasFollowed())).isNull();
  }

  // --- each rule is needed

  @ParameterizedTest
  @EnumSource(
      value = Mutation.class,
      names = {"SKIP_EPOCH", "NO_LIST_AFTER_EPOCH", "NO_LIST_AFTER_BASE", "SWEEP_EPOCHS"})
  void withoutClocks_eachRuleIsNeeded(Mutation mutation) {
    assertBreach(
        mutation == Mutation.SWEEP_EPOCHS
            ? Breach.FENCED_IS_ACKNOWLEDGED
            : Breach.ACKNOWLEDGED_IS_MISSING,
        mutation.name(),
        LogRules.withoutClocks(2, 4, FollowerRule.NONE).mutated(mutation));
  }

  @ParameterizedTest
  @EnumSource(
      value = Mutation.class,
      names = {
        "LEASE_CONFIRMS",
        "AGE_AT_SENDING",
        "READING_BACK_CONFIRMS",
        "LOOK_AT_NEXT_KEY",
        "SWEEP_YOUNG_KEYS"
      })
  void withClocksAlone_eachRuleIsNeeded(Mutation mutation) {
    assertBreach(
        Breach.FENCED_IS_ACKNOWLEDGED,
        mutation.name(),
        LogRules.withClocksAfterBase(2, 4, FollowerRule.NONE).mutated(mutation));
  }

  /** Either line alone would do, so nothing that breaks one of them breaks both. */
  @ParameterizedTest
  @EnumSource(Mutation.class)
  void allRulesButOne_areSafeForWriters(Mutation mutation) {
    LogRules rules = LogRules.both(2, 4, FollowerRule.NONE).mutated(mutation);

    assertSafe("all but " + mutation, rules, EnumSet.allOf(Landmark.class));
  }

  // --- followers

  /** To poll often is not to be at the head: what is behind may be swept before it is read. */
  @Test
  void followerThatIsBehind_isLedAstrayThoughItNeverPauses() {
    assertBreach(
        Breach.FOLLOWER_IS_ASTRAY,
        "a follower that is behind",
        LogRules.both(2, 4, FollowerRule.LISTS_AFTER_A_PAUSE));
  }

  @ParameterizedTest
  @EnumSource(
      value = FollowerRule.class,
      names = {"TRUSTS_PARENT", "LISTS_BEFORE", "LISTS_AFTER_A_PAUSE", "LISTS_WHEN_BEHIND"})
  void followerWithoutClocks_believesOpeningsOnlyByAListAfterThem(FollowerRule rule) {
    assertBreach(Breach.FOLLOWER_IS_ASTRAY, rule.name(), LogRules.withoutClocks(2, 4, rule));
  }

  @ParameterizedTest
  @EnumSource(
      value = FollowerRule.class,
      names = {"TRUSTS_PARENT", "LISTS_BEFORE", "LISTS_OPENINGS"})
  void followerOfALogWhoseEpochsAreSwept_hasToListAfterAPause(FollowerRule rule) {
    assertBreach(Breach.FOLLOWER_IS_ASTRAY, rule.name(), LogRules.withClocks(2, 4, rule));
  }

  // --- how it is said

  private static void assertSafe(String name, LogRules rules, Set<Landmark> neverReached) {
    var model = new LogModel(rules);

    Exploration all = Runs.explore(name + ", " + rules.bounds(), model);

    assertThat(all.breach()).as("%s%n%s", name, String.join("\n", all.trace())).isNull();
    var missed = EnumSet.allOf(Landmark.class);
    missed.removeAll(model.reached());
    missed.removeAll(neverReached);
    assertThat(missed).as("what never happened in %s", name).isEmpty();
  }

  private static void assertBreach(Breach breach, String name, LogRules rules) {
    Exploration found = Runs.explore(name + ", " + rules.bounds(), new LogModel(rules));

    assertThat(found.breach()).isEqualTo(breach);
    assertThat(found.trace()).isNotEmpty();
  }

  private static Set<Landmark> with(Set<Landmark> some, Landmark... more) {
    Set<Landmark> all = EnumSet.copyOf(some);
    all.addAll(Set.of(more));
    return all;
  }
}
