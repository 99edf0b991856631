package io.haduck.core.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.FencedException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit.Answer;
import io.haduck.core.WritePermit.Confirmed;
import io.haduck.core.WritePermit.Fenced;
import io.haduck.core.WritePermit.Unconfirmed;
import io.haduck.core.lease.LeaseObject.Seen;
import io.haduck.core.lease.LeaseRecord.State;
import io.haduck.core.lease.LeaseWorld.Machine;
import io.haduck.core.lease.LeaseWorld.Owner;
import io.haduck.core.store.ObjectBody;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules of a holder, one by one. */
final class LeaseKeeperTest {
  private static final Duration THIRD = LeaseWorld.TTL.dividedBy(3);

  @TempDir Path directory;
  private LeaseWorld world;
  private Machine a;
  private Machine b;
  private final Owner owner = new Owner();
  private final Owner other = new Owner();
  private LeaseKeeper keeper;

  @BeforeEach
  void takes() {
    world = new LeaseWorld(directory);
    world.head = 0;
    a = world.machine("a");
    b = world.machine("b");
    keeper = a.holder(owner);
    world.head = 1;
  }

  private static void assertConfirmed(Answer answer) {
    assertThat(answer).isInstanceOf(Confirmed.class);
  }

  private static void assertUnconfirmed(Answer answer, String why) {
    assertThat(answer)
        .isInstanceOfSatisfying(Unconfirmed.class, not -> assertThat(not.why()).contains(why));
  }

  private Contender knocks() {
    Contender contender = b.opener();
    assertThat(contender.lookAtOnce(other)).isNull();
    assertThat(Objects.requireNonNull(world.record().knock()).label()).isEqualTo("b");
    return contender;
  }

  /** Looks each second for so long; the last look is at the end. */
  private @Nullable LeaseKeeper looksFor(Contender contender, Duration time) {
    LeaseKeeper taken = null;
    for (long second = 0; second < time.toSeconds(); second++) {
      assertThat(taken).isNull();
      world.pass(Duration.ofSeconds(1));
      taken = contender.lookAtOnce(other);
    }
    return taken;
  }

  @Test
  void nobodyContends_nothingIsWritten_andTheLeaseIsReadEachThirdOfTheTtl() {
    long writes = world.writes();
    long reads = world.store.calls(Operation.GET);
    for (int i = 0; i < 20; i++) {
      assertThat(Duration.ofNanos(keeper.step())).isEqualTo(THIRD);
      assertConfirmed(keeper.ask());
      world.pass(THIRD);
    }
    assertThat(world.writes()).isEqualTo(writes);
    assertThat(world.store.calls(Operation.GET)).isEqualTo(reads + 20);
  }

  @Test
  void ownRecord_isGoodForTwoThirdsOfTheTtl_fromBeforeTheRequest() {
    world.store.beforeCall((operation, key) -> world.pass(Duration.ofSeconds(1)));
    keeper.step();
    world.store.beforeCall((operation, key) -> {});
    world.store.outage(true);
    world.pass(THIRD.multipliedBy(2).minusMillis(1001));
    assertConfirmed(keeper.ask());
    world.pass(Duration.ofMillis(1));
    assertUnconfirmed(keeper.ask(), "last confirmed");
  }

  @Test
  void silentStore_isUnconfirmed_andConfirmedAgain_whenItIsBack() {
    world.store.outage(true);
    for (int i = 0; i < 8; i++) {
      keeper.step();
      world.pass(Duration.ofNanos(keeper.step()));
    }
    assertUnconfirmed(keeper.ask(), "did not arrive");
    world.store.heal();
    keeper.step();
    assertConfirmed(keeper.ask());
    assertThat(owner.told).hasSize(2).last().isEqualTo("confirmed");
    assertThat(owner.told).first().asString().startsWith("unconfirmed: ");
  }

  @Test
  void knock_isAnswered_byAWriterThatCanAppend() {
    knocks();
    keeper.step();
    assertThat(world.record().knock()).isNull();
    assertThat(world.record().holder()).isEqualTo(a.self);
    assertConfirmed(keeper.ask());
  }

  @Test
  void knock_staysUnanswered_withoutProofOfLife_andTheLeaseIsTaken() {
    Contender contender = knocks();
    owner.canAppend = false;
    assertThat(looksFor(contender, LeaseWorld.TTL.minusSeconds(1))).isNull();
    assertThat(Duration.ofNanos(keeper.step())).isLessThanOrEqualTo(THIRD);
    assertUnconfirmed(keeper.ask(), "cannot append");
    LeaseKeeper taken = looksFor(contender, Duration.ofSeconds(1));
    assertConfirmed(Objects.requireNonNull(taken).ask());
    keeper.step();
    assertThat(keeper.ask())
        .isInstanceOfSatisfying(
            Fenced.class,
            fenced ->
                assertThat(fenced.evidence())
                    .hasMessageContaining("'b' on host-b")
                    .hasMessageContaining("since " + world.record().since()));
    assertThat(owner.told).last().asString().startsWith("fenced: ");
  }

  @Test
  void lost_isFinal_andNothingIsAskedAnyMore() {
    Contender contender = knocks();
    LeaseKeeper taken = Objects.requireNonNull(looksFor(contender, LeaseWorld.TTL));
    taken.leave(null, Duration.ofSeconds(5));
    keeper.step();
    long calls = world.store.calls();
    assertThat(keeper.step()).isEqualTo(Long.MAX_VALUE);
    assertThat(keeper.ask()).isInstanceOf(Fenced.class);
    assertThatThrownBy(keeper::use).isInstanceOf(FencedException.class);
    assertThatThrownBy(() -> keeper.leave(null, Duration.ZERO)).isInstanceOf(FencedException.class);
    assertThat(world.store.calls()).isEqualTo(calls);
  }

  @Test
  void answerThatIsLost_isSettledByReadingBackAllBytes() {
    knocks();
    world.store.failNext(Operation.PUT_IF_MATCH, Fault.LOST_RESPONSE);
    keeper.step();
    assertConfirmed(keeper.ask());
    assertThat(world.record().knock()).isNull();
    knocks();
    world.store.failNext(Operation.PUT_IF_MATCH, Fault.DUPLICATE);
    keeper.step();
    assertConfirmed(keeper.ask());
  }

  @Test
  void answerThatArrivesLate_isOurOwn() {
    knocks();
    world.store.failNext(Operation.PUT_IF_MATCH, Fault.LATE);
    world.store.failNext(Operation.GET, Fault.ERROR_BEFORE); // not even the reading back
    world.pass(Duration.ofSeconds(9));
    world.store.failNext((operation, key) -> operation == Operation.GET, Fault.DUPLICATE);
    keeper.step();
    world.store.deliverLate();
    keeper.step();
    assertConfirmed(keeper.ask());
    assertThat(owner.told).noneMatch(told -> told.startsWith("fenced"));
  }

  @Test
  void suspendedMachine_isUnconfirmed_thoughItsTickerStoodStill() {
    keeper.step();
    a.wasSuspended(Duration.ofMillis(1900));
    assertConfirmed(keeper.ask());
    a.wasSuspended(Duration.ofMinutes(5));
    assertUnconfirmed(keeper.ask(), "suspended");
    keeper.step();
    assertConfirmed(keeper.ask());
    a.wasSuspended(Duration.ofSeconds(-3));
    assertUnconfirmed(keeper.ask(), "jumped");
  }

  @Test
  void suspendedWhileItAsked_isNotConfirmedByThatAnswer() {
    keeper.step();
    world.store.afterCall((operation, key) -> a.wasSuspended(Duration.ofHours(1)));
    keeper.step();
    assertUnconfirmed(keeper.ask(), "suspended");
  }

  @Test
  void deletedLease_isLostHistory_andMended_ifTheLogIsAsItWas() {
    keeper.step();
    world.store.wrapped().deleteAll(List.of("lease"));
    owner.intact = false;
    keeper.step();
    assertUnconfirmed(keeper.ask(), "lost history");
    assertThat(owner.told).hasSize(2).first().asString().startsWith("doubted: ");
    keeper.step();
    assertThat(owner.told).as("said once").hasSize(2);
    owner.intact = true;
    keeper.step();
    assertUnconfirmed(keeper.ask(), "lost history"); // another one may be confirmed
    world.pass(LeaseWorld.TTL);
    keeper.step();
    assertConfirmed(keeper.ask());
    assertThat(world.record().holder()).isEqualTo(a.self);
  }

  @Test
  void deletedLease_isMendedAtOnce_byWhoeverIsConfirmed() {
    world.store.wrapped().deleteAll(List.of("lease"));
    keeper.step();
    assertConfirmed(keeper.ask());
    assertThat(owner.told).hasSize(1).first().asString().startsWith("doubted: ");
    assertThat(world.record().counter()).isEqualTo(2);
  }

  @Test
  void rolledBackLease_isLostHistory_andMended_ifTheLogIsAsItWas() {
    Seen first = world.lease();
    knocks();
    keeper.step();
    owner.intact = false;
    world.store.wrapped().put("lease", ObjectBody.of(first.bytes()));
    keeper.step();
    assertUnconfirmed(keeper.ask(), "an older one again: write 1, after write 3");
    owner.intact = true;
    world.pass(LeaseWorld.TTL);
    keeper.step();
    assertConfirmed(keeper.ask());
    assertThat(world.record().counter()).isEqualTo(4);
  }

  @Test
  void clone_isFoundOut_byBytesThatThisOneNeverWrote() {
    Seen before = world.lease();
    knocks();
    LeaseRecord byClone =
        new NextRecord(() -> world.record().written(), world.random).answered(world.record(), null);
    assertThat(byClone.session()).isEqualTo(before.record().session());
    world.store.wrapped().put("lease", ObjectBody.of(LeaseFormat.encode(byClone)));
    keeper.step();
    assertThat(keeper.ask())
        .isInstanceOfSatisfying(
            Fenced.class,
            fenced -> assertThat(fenced.evidence()).hasMessageContaining("a copy of this process"));
  }

  @Test
  void appended_isWrittenOnce() {
    long writes = world.writes();
    assertThat(keeper.appended(a.self)).isTrue();
    keeper.step();
    keeper.step();
    assertThat(keeper.appended(a.self)).isFalse();
    assertThat(world.writes()).isEqualTo(writes + 1);
    assertThat(world.record().appended()).isTrue();
  }

  @Test
  void resting_becomesIdleAfterAThirdOfTheTtl_andIsTakenAtOnce() {
    keeper.rest();
    world.pass(THIRD.minusMillis(1));
    assertThat(keeper.step()).isEqualTo(1_000_000);
    assertThat(world.record().state()).isEqualTo(State.HELD);
    world.pass(Duration.ofMillis(1));
    keeper.step();
    assertThat(world.record().state()).isEqualTo(State.IDLE);
    assertUnconfirmed(keeper.ask(), "nobody used");
    assertThat(b.opener().lookAtOnce(other)).isNotNull();
    assertThatThrownBy(keeper::use).isInstanceOf(FencedException.class);
  }

  @Test
  void resting_givesWayToAKnockAtOnce() {
    keeper.rest();
    Contender contender = knocks();
    keeper.step();
    assertThat(world.record().state()).isEqualTo(State.IDLE);
    assertThat(contender.lookAtOnce(other)).isNotNull();
  }

  @Test
  void reconnecting_costsNoRequest_beforeItIsIdle_andOneWriteAfterwards() {
    keeper.rest();
    long calls = world.store.calls();
    assertThat(keeper.use()).isFalse();
    assertThat(world.store.calls()).isEqualTo(calls);
    keeper.rest();
    world.pass(THIRD);
    keeper.step();
    long writes = world.writes();
    assertThat(keeper.use()).isTrue();
    assertThat(world.writes()).isEqualTo(writes + 1);
    assertConfirmed(keeper.ask());
    assertThat(world.record().state()).isEqualTo(State.HELD);
    assertThat(keeper.use()).isFalse();
  }

  @Test
  void idleWithoutAnAnswer_isNotConfirmed_untilItIsTakenBack() {
    keeper.rest();
    world.pass(THIRD);
    world.store.failNext(Operation.PUT_IF_MATCH, Fault.LATE);
    keeper.step();
    assertUnconfirmed(keeper.ask(), "");
    keeper.use();
    world.store.deliverLate();
    keeper.step();
    assertConfirmed(keeper.ask());
    assertThat(world.record().state()).isEqualTo(State.HELD);
  }

  @Test
  void release_leavesTheObject_andTheNextOneTakesItAtOnce() {
    keeper.leave(null, Duration.ofSeconds(4));
    assertThat(world.record().state()).isEqualTo(State.RELEASED);
    assertUnconfirmed(keeper.ask(), "given away");
    assertThat(world.store.calls(Operation.DELETE)).isZero();
    assertThat(b.opener().lookAtOnce(other)).isNotNull();
    assertThat(world.record().counter()).isEqualTo(3);
  }

  @Test
  void release_withAKnock_goesThrough() {
    knocks();
    keeper.leave(null, Duration.ofSeconds(4));
    assertThat(world.record().state()).isEqualTo(State.RELEASED);
  }

  @Test
  void handOver_isTakenAtOnceByItsTarget_andByNobodyElse() {
    Machine c = world.machine("c");
    keeper.leave("c", Duration.ofSeconds(4));
    assertThat(world.record().to()).isEqualTo("c");
    assertThat(b.opener().lookAtOnce(other)).isNull();
    assertThat(c.opener().lookAtOnce(other)).isNotNull();
  }

  @Test
  void handOver_toADeadTarget_isAnyonesAfterOneTtl_theOldHolderIncluded() {
    keeper.leave("dead", Duration.ofSeconds(4));
    Contender again = a.opener();
    assertThat(again.lookAtOnce(owner)).isNull();
    assertThat(looksFor(again, LeaseWorld.TTL.minusSeconds(1))).isNull();
    assertThat(looksFor(again, Duration.ofSeconds(1))).isNotNull();
    assertThat(world.record().holder()).isEqualTo(a.self);
  }

  @Test
  void handOver_withoutAnAnswer_saysSo_andMayBeTakenBack() {
    world.store.outage(true);
    assertThatThrownBy(() -> keeper.leave("b", Duration.ofSeconds(1)))
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("not known whether");
    assertUnconfirmed(keeper.ask(), "given away");
    assertThat(keeper.step()).as("it decides nothing by itself").isEqualTo(Long.MAX_VALUE);
    world.store.heal();
    keeper.use();
    assertConfirmed(keeper.ask());
    assertThat(world.record().state()).isEqualTo(State.HELD);
  }

  @Test
  void handOver_whoseAnswerWasLost_isFoundToBeDone() {
    world.store.failNext(Operation.PUT_IF_MATCH, Fault.LOST_RESPONSE);
    world.store.failNext(
        (operation, key) -> operation == Operation.GET && world.record().to() != null,
        Fault.ERROR_BEFORE);
    keeper.leave("b", Duration.ofSeconds(4));
    assertThat(world.record().state()).isEqualTo(State.HANDING_OVER);
    assertThat(b.opener().lookAtOnce(other)).isNotNull();
  }
}
