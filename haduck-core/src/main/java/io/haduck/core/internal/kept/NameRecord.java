package io.haduck.core.internal.kept;

import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the object of a name says. Immutable.
 *
 * @param name of which it is
 * @param hold how far it got
 * @param position of the state that it names
 * @param time of that state, its writer's
 * @param written when it was made, by the store's clock
 * @param nonce of whoever began to make it; so no two that were made are the same bytes
 * @param expires from when on a pin names nothing, by the store's clock; null for all others
 * @param purpose what a pin is for; null for all others
 */
public record NameRecord(
    StateName name,
    Hold hold,
    LogPosition position,
    Instant time,
    Instant written,
    UUID nonce,
    @Nullable Instant expires,
    @Nullable String purpose) {
  private static final int LONGEST_PURPOSE = 200;

  /** How far it got. */
  enum Hold {
    /** It keeps its state from being deleted, if that exists, which is not known yet. */
    CREATING,
    /** Its state exists, and will, as long as it does itself. */
    HELD,
    /** It names nothing any more. The object stays, so that no late deletion hits a new one. */
    DELETED
  }

  /**
   * Checks what belongs to which kind.
   *
   * @throws IllegalArgumentException if this cannot be
   */
  public NameRecord {
    boolean isPin = name.kind() == NameKind.PIN;
    boolean isItself =
        name.kind() != NameKind.PROOF || name.id().equals(LogKeys.digits(position.seq()));
    if (position.seq() < 1
        || !isItself
        || isPin != (expires != null)
        || isPin != (purpose != null)
        || (isPin && !name.id().equals(nonce.toString()))
        || (purpose != null
            && (!SealedText.isValue(purpose) || purpose.length() > LONGEST_PURPOSE))) {
      throw new IllegalArgumentException(
          name + " of " + position + ", expires " + expires + ", purpose " + purpose);
    }
  }

  /** A point that is to be made. */
  public static NameRecord point(
      StateName name, LogPosition position, Instant time, Instant written, UUID nonce) {
    return new NameRecord(name, Hold.CREATING, position, time, written, nonce, null, null);
  }

  /** A pin that is to be made. */
  public static NameRecord pin(
      UUID id,
      LogPosition position,
      Instant time,
      Instant written,
      Instant expires,
      String purpose) {
    return new NameRecord(
        StateName.pin(id), Hold.CREATING, position, time, written, id, expires, purpose);
  }

  /** The same, one step on. */
  NameRecord with(Hold now) {
    return new NameRecord(name, now, position, time, written, nonce, expires, purpose);
  }

  /** Whether its state is known to exist. */
  public boolean isHeld() {
    return hold == Hold.HELD;
  }

  /** Whether it is a pin whose time is over. */
  boolean isExpired(Instant storeTime) {
    return expires != null && !storeTime.isBefore(expires);
  }

  /** Why its state is kept, as a plan prints it. */
  public String reason() {
    return switch (name.kind()) {
      case POINT -> name.toString();
      case PIN -> name + " (" + purpose + ")";
      case PROOF -> "last proven";
    };
  }
}
