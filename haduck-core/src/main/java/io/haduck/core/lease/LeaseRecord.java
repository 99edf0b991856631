package io.haduck.core.lease;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the object {@code lease} says. Immutable. Times are of the clocks of those who wrote them,
 * and are for people: nothing is decided by comparing them with another clock.
 *
 * @param state whether somebody holds it
 * @param session of the one holding, drawn at random when it began
 * @param holder who holds it, or held it last
 * @param role what the holder does, such as {@code writer}
 * @param since when this holding began
 * @param ttl for how long a holder that gives no sign of life is left alone
 * @param counter how often the object was written; each write adds one
 * @param written when this was written
 * @param nonce random, another one in each write
 * @param appended whether this holding has added to the log
 * @param to whom it is handed over, by id or label; null unless {@code HANDING_OVER}
 * @param knock somebody who wants it; null if nobody does, or whoever did was answered
 * @param request what an operator wants; null if nothing, or it was answered
 * @param reply to the last request; null if there was none
 */
public record LeaseRecord(
    State state,
    String session,
    Participant holder,
    String role,
    Instant since,
    Duration ttl,
    long counter,
    Instant written,
    String nonce,
    boolean appended,
    @Nullable String to,
    @Nullable Knock knock,
    @Nullable Request request,
    @Nullable Reply reply) {

  /** Whether somebody holds it. */
  public enum State {
    /** Somebody does, and must be asked by a knock. */
    HELD,
    /** Somebody does who does not need it now: anyone may take it at once. */
    IDLE,
    /** Nobody does. */
    RELEASED,
    /** Somebody gave it to another one: that one may take it at once, and anyone after a TTL. */
    HANDING_OVER;

    /** Returns how the object says it. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Somebody wants the lease. The holder answers by writing the object without it.
   *
   * @param by id of who knocked
   * @param label what people call him
   * @param nonce random
   */
  public record Knock(String by, String label, String nonce) {}

  /** What an operator may want. */
  public enum Wish {
    /** The holder is to hand over to another one. */
    HAND_OVER,
    /** A standby is to become the writer: the same, said on its side. */
    PROMOTE;

    /** Returns how the object says it. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * An operator's wish.
   *
   * @param wish what is wanted
   * @param to who is to be the writer, by id or label
   * @param by what people call him who wants it
   * @param nonce random, by which the reply is known
   * @param until after this it is refused, by the holder's clock; 1970 once it is withdrawn
   */
  public record Request(Wish wish, String to, String by, String nonce, Instant until) {
    /**
     * Returns the same, withdrawn. It is not left out of the object: a holder that has not seen it
     * must see that another one wrote there, and that this is no clone of itself.
     */
    Request withdrawn() {
      return new Request(wish, to, by, nonce, Instant.EPOCH);
    }

    boolean isWithdrawn() {
      return until.equals(Instant.EPOCH);
    }
  }

  /**
   * What the holder said to a request.
   *
   * @param nonce of the request
   * @param accepted whether it will be done
   * @param why a clause for people; why not, or what follows
   */
  public record Reply(String nonce, boolean accepted, String why) {}

  /** Returns whether a holder has to be asked before it is taken. */
  boolean isHeld() {
    return state == State.HELD;
  }
}
