package io.haduck.core.lease;

import io.haduck.core.lease.LeaseRecord.Knock;
import io.haduck.core.lease.LeaseRecord.Reply;
import io.haduck.core.lease.LeaseRecord.Request;
import io.haduck.core.lease.LeaseRecord.State;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Makes the record that follows another one: one more on the counter, a nonce of its own, the time
 * of this write. So no two writes are equal, not even those of clones of one machine. Safe for any
 * thread.
 */
final class NextRecord {
  private final InstantSource clock;
  private final RandomGenerator random;

  NextRecord(InstantSource clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  String token() {
    return Participant.token(random);
  }

  /** A holding begins; null if there was no object. */
  LeaseRecord taken(@Nullable LeaseRecord before, Participant holder, String role, Duration ttl) {
    Instant now = now();
    Request request = before == null ? null : before.request();
    return new LeaseRecord(
        State.HELD,
        token(),
        holder,
        role,
        now,
        ttl,
        before == null ? 1 : before.counter() + 1,
        now,
        token(),
        false,
        null,
        null,
        null,
        request == null
            ? before == null ? null : before.reply()
            : new Reply(
                request.nonce(),
                holder.isCalled(request.to()),
                holder.label() + " has taken the lease meanwhile"));
  }

  /** Somebody wants it. */
  LeaseRecord knocked(LeaseRecord before, Participant by) {
    return with(before, before.state(), before.to(), knock(by), before.request(), before.reply());
  }

  private Knock knock(Participant by) {
    return new Knock(by.id(), by.label(), token());
  }

  /** An operator wants something. */
  LeaseRecord requested(LeaseRecord before, @Nullable Request request) {
    return with(before, before.state(), before.to(), before.knock(), request, before.reply());
  }

  /** The holder answers whoever knocked or asked. */
  LeaseRecord answered(LeaseRecord before, @Nullable Reply reply) {
    return with(before, State.HELD, null, null, null, reply == null ? before.reply() : reply);
  }

  /** The holder lets go of it, or hands it over. */
  LeaseRecord left(LeaseRecord before, State state, @Nullable String to) {
    return with(before, state, to, null, null, before.reply());
  }

  /** The holder has added to the log, with these files. */
  LeaseRecord appended(LeaseRecord before, Participant holder) {
    return new LeaseRecord(
        State.HELD,
        before.session(),
        holder,
        before.role(),
        before.since(),
        before.ttl(),
        before.counter() + 1,
        now(),
        token(),
        true,
        null,
        null,
        null,
        before.reply());
  }

  /** The same on a counter that is above another one. */
  LeaseRecord above(LeaseRecord before, long counter) {
    return new LeaseRecord(
        State.HELD,
        before.session(),
        before.holder(),
        before.role(),
        before.since(),
        before.ttl(),
        Math.max(before.counter(), counter) + 1,
        now(),
        token(),
        before.appended(),
        null,
        null,
        null,
        before.reply());
  }

  private LeaseRecord with(
      LeaseRecord before,
      State state,
      @Nullable String to,
      @Nullable Knock knock,
      @Nullable Request request,
      @Nullable Reply reply) {
    return new LeaseRecord(
        state,
        before.session(),
        before.holder(),
        before.role(),
        before.since(),
        before.ttl(),
        before.counter() + 1,
        now(),
        token(),
        before.appended(),
        to,
        knock,
        request,
        reply);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
