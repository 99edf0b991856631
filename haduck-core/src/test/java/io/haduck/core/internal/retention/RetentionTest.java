package io.haduck.core.internal.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.retention.LoggedState.Kind;
import io.haduck.core.retention.Period;
import io.haduck.core.retention.RetentionPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a plan says of single states. */
class RetentionTest {
  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
  private static final RetentionPolicy NOTHING =
      new RetentionPolicy(Duration.ZERO, Duration.ZERO, Map.of(), ZoneOffset.UTC, 1);

  private final List<LoggedState> states = new ArrayList<>();
  private final List<NamedState> named = new ArrayList<>();

  private void add(Kind kind, String time) {
    Instant at = Instant.parse(time);
    states.add(new LoggedState(states.size() + 1L, kind, at, at));
  }

  private List<String> reasons(RetentionPolicy policy, long seq) {
    var kept = Retention.select(policy, states, Floors.NONE, named, NOW).states().get(seq);
    return kept == null ? List.of() : kept.reasons();
  }

  @Test
  void select_nothingAsked_keepsTheNewestAndWhatItStandsOn() {
    add(Kind.CHECKPOINT, "2026-01-01T00:00:00Z");
    add(Kind.CHECKPOINT, "2026-01-02T00:00:00Z");
    add(Kind.CHECKPOINT, "2026-01-03T00:00:00Z");
    add(Kind.WAL, "2026-01-03T00:00:01Z");
    assertThat(reasons(NOTHING, 1)).isEmpty();
    assertThat(reasons(NOTHING, 2)).containsExactly("second starting point of the window");
    assertThat(reasons(NOTHING, 3))
        .contains("window of commits", "one of the 1 newest checkpoints");
    assertThat(reasons(NOTHING, 4)).containsExactly("window of commits", "newest");
  }

  @Test
  void select_aWindow_reachesBackToTheCheckpointThatWasCurrentAtItsStart() {
    add(Kind.CHECKPOINT, "2026-11-01T00:00:00Z");
    add(Kind.CHECKPOINT, "2026-11-20T00:00:00Z");
    add(Kind.WAL, "2026-11-20T00:00:01Z");
    add(Kind.CHECKPOINT, "2026-11-29T00:00:00Z");
    add(Kind.CHECKPOINT, "2026-11-30T11:00:00Z");
    var policy =
        new RetentionPolicy(Duration.ofDays(7), Duration.ofHours(2), Map.of(), ZoneOffset.UTC, 1);
    var retained = Retention.select(policy, states, Floors.NONE, named, NOW);
    assertThat(retained.floors()).isEqualTo(new Floors(2, 4));
    assertThat(retained.states().keySet()).containsExactly(1L, 2L, 4L, 5L);
    assertThat(retained.startingPoints()).extracting(LoggedState::seq).containsExactly(1L, 2L);
  }

  @Test
  void select_periods_keepTheLastStateOfEach_inTheZone() {
    add(Kind.CHECKPOINT, "2025-12-31T22:59:00Z");
    add(Kind.CHECKPOINT, "2025-12-31T23:30:00Z"); // next year in Berlin
    add(Kind.WAL, "2026-02-01T09:00:00Z"); // a Sunday
    add(Kind.EPOCH, "2026-02-01T09:30:00Z");
    add(Kind.CHECKPOINT, "2026-02-02T09:00:00Z");
    add(Kind.CHECKPOINT, "2026-11-30T11:00:00Z");
    add(Kind.CHECKPOINT, "2026-11-30T11:30:00Z");
    var policy =
        new RetentionPolicy(
            Duration.ZERO,
            Duration.ZERO,
            Map.of(Period.YEARLY, 5, Period.MONTHLY, 2, Period.WEEKLY, 3),
            ZoneId.of("Europe/Berlin"),
            1);
    assertThat(reasons(policy, 1)).containsExactly("yearly 2025");
    assertThat(reasons(policy, 2)).isEmpty();
    assertThat(reasons(policy, 3)).containsExactly("weekly from 2026-01-26");
    assertThat(reasons(policy, 4)).isEmpty();
    assertThat(reasons(policy, 5)).containsExactly("weekly from 2026-02-02", "monthly 2026-02");
    assertThat(reasons(policy, 7)).contains("yearly 2026", "monthly 2026-11");
  }

  @Test
  void startOf_hoursOfADayThatHasOneTwice_areTwoPeriods() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    var first = Period.HOURLY.startOf(Instant.parse("2026-10-25T00:30:00Z"), berlin);
    var second = Period.HOURLY.startOf(Instant.parse("2026-10-25T01:30:00Z"), berlin);
    assertThat(first).isNotEqualTo(second);
    assertThat(Period.HOURLY.reason(first)).isEqualTo("hourly 2026-10-25 02:00 +02:00");
    assertThat(Period.HOURLY.reason(second)).isEqualTo("hourly 2026-10-25 02:00 +01:00");
  }

  @Test
  void select_aPoint_isKeptBelowTheFloors_andIsAnErrorWhereItsStateIsGone() {
    for (int day = 10; day < 20; day++) {
      add(Kind.CHECKPOINT, "2026-11-" + day + "T00:00:00Z");
    }
    named.add(new NamedState(3, "point before-migration"));
    assertThat(reasons(NOTHING, 3)).containsExactly("point before-migration");
    named.add(new NamedState(99, "pin 7"));
    assertThatThrownBy(() -> reasons(NOTHING, 3))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("pin 7 names seq 99, which the log does not have any more; nothing is deleted");
  }

  @Test
  void select_aPolicyThatGrows_doesNotReachBelowWhatWasGivenUp() {
    for (int day = 10; day < 20; day++) {
      add(Kind.CHECKPOINT, "2026-11-" + day + "T00:00:00Z");
    }
    var small = Retention.select(NOTHING, states, Floors.NONE, named, NOW);
    List<LoggedState> left = new ArrayList<>();
    small.states().values().forEach(kept -> left.add(kept.state()));
    var grown = Retention.select(RetentionPolicy.DEFAULT, left, small.floors(), named, NOW);
    assertThat(grown.floors()).isEqualTo(small.floors());
  }

  @Test
  void of_whatAWriterMayBeAboutToName_stays() {
    Instant old = NOW.minus(Duration.ofDays(3));
    var roll = new ReplicaObject("segment/9-a", ReplicaObject.Kind.SEGMENT, 9, 1, old);
    var earlier = new ReplicaObject("segment/7-a", ReplicaObject.Kind.SEGMENT, 7, 1, old);
    var fresh = new ReplicaObject("segment/6-a", ReplicaObject.Kind.SEGMENT, 6, 1, NOW);
    var epoch = new ReplicaObject("log/2", ReplicaObject.Kind.FENCE, 2, 1, old);
    var near = new ReplicaObject("log/150", ReplicaObject.Kind.CHANGESET, 150, 1, old);
    var far = new ReplicaObject("log/100", ReplicaObject.Kind.CHANGESET, 100, 1, old);
    var deletions = new Deletions(200, 8, NOW, Duration.ofHours(1));
    assertThat(deletions.of(List.of(roll, earlier, fresh, epoch, near, far), Set.of()))
        .containsExactly(far, earlier);
  }
}
