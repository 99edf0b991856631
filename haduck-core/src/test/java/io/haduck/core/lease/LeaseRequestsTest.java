package io.haduck.core.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LeaseHeldException;
import io.haduck.core.UnavailableException;
import io.haduck.core.WritePermit;
import io.haduck.core.lease.LeaseRecord.Reply;
import io.haduck.core.lease.LeaseRecord.Request;
import io.haduck.core.lease.LeaseRecord.Wish;
import io.haduck.core.lease.LeaseWorld.Machine;
import io.haduck.core.lease.LeaseWorld.Owner;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators ask of the holder. */
final class LeaseRequestsTest {
  private static final Duration LONGEST = Duration.ofSeconds(30);

  @TempDir Path directory;
  private LeaseWorld world;
  private Machine a;
  private Machine operator;
  private final Owner owner = new Owner();
  private Runnable others = () -> {};

  @BeforeEach
  void begin() {
    world = new LeaseWorld(directory);
    a = world.machine("a");
    operator = world.machine("operator");
    operator.wallMillis = a.wallMillis;
  }

  private LeaseKeeper held() {
    world.head = 0;
    LeaseKeeper keeper = a.holder(owner);
    world.head = 1;
    return keeper;
  }

  private Reply ask() {
    return new LeaseRequests(
            Surroundings.of(
                world.store,
                operator,
                () -> Instant.ofEpochMilli(operator.wallMillis),
                world.random,
                nanos -> {
                  world.pass(Duration.ofNanos(nanos));
                  others.run();
                }))
        .ask(Wish.HAND_OVER, "b", "ann", LONGEST);
  }

  @Test
  void request_isAccepted_andDoneByHandingOver() {
    LeaseKeeper keeper = held();
    others = keeper::step;
    assertThat(ask().accepted()).isTrue();
    assertThat(world.record().request()).isNull();
    keeper.leave("b", Duration.ofSeconds(4));
    assertThat(world.machine("b").opener().lookAtOnce(owner)).isNotNull();
  }

  @Test
  void request_isRefused_withTheReason() {
    LeaseKeeper keeper = held();
    owner.refusal = "a rewind is running";
    others = keeper::step;
    Reply reply = ask();
    assertThat(reply.accepted()).isFalse();
    assertThat(reply.why()).isEqualTo("a rewind is running");
  }

  @Test
  void request_afterItsTime_isRefused() {
    LeaseKeeper keeper = held();
    others = keeper::step;
    operator.wallMillis -= Duration.ofHours(1).toMillis();
    assertThat(ask().accepted()).isFalse();
  }

  @Test
  void request_toADeadHolder_failsInTime_andIsWithdrawn() {
    held();
    assertThatThrownBy(this::ask)
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("did not reply to the request within ")
        .hasMessageContaining("it looks every third of its lease_ttl");
    assertThat(world.record().request()).matches(Request::isWithdrawn);
  }

  /** It was taken for a clone of the holder. */
  @Test
  void request_thatIsWithdrawnBeforeTheHolderLooks_doesNotFenceIt_andNoOther() {
    LeaseKeeper keeper = held();
    assertThatThrownBy(this::ask).isInstanceOf(UnavailableException.class);
    owner.refusal = "not to be asked";
    keeper.step();
    assertThat(keeper.ask()).isInstanceOf(WritePermit.Confirmed.class);
    assertThat(world.record().reply())
        .satisfies(reply -> assertThat(reply.why()).isEqualTo("it was withdrawn"));
    assertThat(world.record().request()).isNull();
  }

  @Test
  void request_afterOneThatWasWithdrawn_isMadeAnew() {
    LeaseKeeper keeper = held();
    assertThatThrownBy(this::ask).isInstanceOf(UnavailableException.class);
    others = keeper::step;
    assertThat(ask().accepted()).isTrue();
  }

  @Test
  void request_whereNobodyHoldsTheLease_saysSo() {
    assertThatThrownBy(this::ask).isInstanceOf(LeaseHeldException.class);
    held().leave(null, Duration.ofSeconds(4));
    assertThatThrownBy(this::ask).isInstanceOf(LeaseHeldException.class);
  }

  /** Whoever has knocked counts the time for which the object stays as it is. */
  @Test
  void request_doesNotTouchAKnock() {
    held();
    Contender contender = world.machine("b").opener();
    contender.lookAtOnce(owner);
    String etag = world.lease().etag();
    assertThatThrownBy(this::ask).isInstanceOf(UnavailableException.class);
    assertThat(world.lease().etag()).isEqualTo(etag);
  }
}
