package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LeaseHeldException;
import io.haduck.core.WritePermit.Confirmed;
import io.haduck.core.lease.Contender;
import io.haduck.core.lease.HeldLease;
import io.haduck.core.lease.LeaseOptions;
import io.haduck.core.lease.LeaseOwner;
import io.haduck.core.lease.LeaseRecord;
import io.haduck.core.lease.LeaseRecord.Reply;
import io.haduck.core.lease.LeaseRecord.State;
import io.haduck.core.lease.LeaseRecord.Wish;
import io.haduck.core.lease.LeaseRequests;
import io.haduck.core.lease.Participant;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.EmbeddedS3;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holders and contenders over S3's own conditional writes, by real clocks. */
final class LeaseOnS3Test {
  private static final LeaseOptions SHORT = LeaseOptions.of(LeaseOptions.SHORTEST_TTL);

  @TempDir Path directory;

  /** One that lives, and hands over on request. */
  private static final class Living implements LeaseOwner {
    @Override
    public boolean canAppend() {
      return true;
    }

    @Override
    public boolean historyIntact() {
      return true;
    }

    @Override
    public Optional<String> refusal(LeaseRecord.Request request) {
      return Optional.empty();
    }
  }

  private Contender contender(ObjectStore store, String label, long headSeq) {
    Participant self =
        Participant.here(
            label,
            directory.resolve(label),
            directory.resolve(label + ".haduck-lock"),
            new SecureRandom());
    return Contender.opening(store, self, SHORT, () -> headSeq);
  }

  private static LeaseRecord lease(ObjectStore store) {
    return LeaseRequests.read(store).orElseThrow();
  }

  @Test
  void lease_isHeld_askedFor_handedOver_andTakenFromTheDead() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.inMemory();
        ObjectStore store = server.openStore("my.duckdb")) {
      HeldLease first = contender(store, "first", 0).acquire(new Living());
      assertThatThrownBy(() -> contender(store, "second", 1).acquire(new Living()))
          .isInstanceOf(LeaseHeldException.class)
          .hasMessageContaining("'first' on ");
      assertThat(first.permit().ask()).isInstanceOf(Confirmed.class);

      Reply reply =
          new LeaseRequests(store).ask(Wish.HAND_OVER, "second", "ann", Duration.ofSeconds(20));
      assertThat(reply.accepted()).isTrue();
      first.handOver("second", Duration.ofSeconds(10));
      assertThat(lease(store).state()).isEqualTo(State.HANDING_OVER);
      HeldLease second = contender(store, "second", 1).acquire(new Living());
      assertThat(lease(store).holder().label()).isEqualTo("second");

      second.close(); // as if it had died
      HeldLease third = contender(store, "third", 1).acquire(new Living());
      assertThat(lease(store).holder().label()).isEqualTo("third");
      assertThat(third.release()).isTrue();
      assertThat(lease(store).state()).isEqualTo(State.RELEASED);
    }
  }
}
