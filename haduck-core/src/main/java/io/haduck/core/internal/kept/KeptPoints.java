package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.internal.log.LogPosition;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The points of one replica. Safe for any thread. */
public final class KeptPoints {
  private final KeptReplica replica;

  public KeptPoints(KeptReplica replica) {
    this.replica = replica;
  }

  /**
   * A state that has a name.
   *
   * @param name without its kind
   * @param position of the state
   * @param time of the state, its writer's
   * @param written when it was named, by the store's clock
   */
  public record Named(String name, LogPosition position, Instant time, Instant written) {
    private static Named of(NameRecord record) {
      return new Named(record.name().id(), record.position(), record.time(), record.written());
    }
  }

  /**
   * Checks that a text can be a name.
   *
   * @throws InvalidConfigurationException if not; says which can
   */
  public static void requireName(String name) {
    StateName.point(name);
  }

  /** All that there are, by name. One that cannot be read is left out, with a warning. */
  public List<Named> list() {
    return replica.names().list(EnumSet.of(NameKind.POINT)).warnOfUnreadable().held().stream()
        .map(Named::of)
        .toList();
  }

  /**
   * One of them; empty if there is none of that name.
   *
   * @throws CorruptDataException if it cannot be read
   */
  public Optional<Named> find(String name) {
    return replica
        .names()
        .find(StateName.point(name))
        .filter(record -> record.hold() == Hold.HELD)
        .map(Named::of);
  }

  /**
   * Makes one; see {@link Names#make}.
   *
   * @param time of the state
   * @param nonce of this making alone
   * @throws DivergedException if the name is another state's, or the state does not exist
   * @throws UnavailableException if the store does not answer; call it again
   */
  public Named make(String name, LogPosition position, Instant time, UUID nonce) {
    NameRecord wanted =
        NameRecord.point(
            StateName.point(name), position, time, replica.storeTimeSince(position), nonce);
    return Named.of(replica.names().make(wanted));
  }

  /**
   * Deletes one, whatever it names.
   *
   * @return whether there was one
   */
  public boolean delete(String name) {
    return replica.names().delete(StateName.point(name));
  }
}
