package io.haduck.core.lease;

import io.haduck.core.DivergedException;
import io.haduck.core.FencedException;
import io.haduck.core.HaduckException;
import java.util.Optional;

/**
 * The writer whose lease it is: asked by the thread that keeps the lease, and told by it. What is
 * told must not block.
 */
public interface LeaseOwner {
  /**
   * Returns whether the thread that appends could append now: it is not hung, not denied by the
   * store, not in the middle of something long. Only then a knock is answered. Must not block.
   */
  boolean canAppend();

  /**
   * Returns whether the log still ends with what this writer committed. Asked where the lease
   * object was deleted or has become an older one: if the log is as it was, only the lease is
   * mended. May ask the store.
   *
   * @throws HaduckException if that cannot be found out, which counts as no
   */
  boolean historyIntact();

  /**
   * Asked what is to become of an operator's wish. Whoever agrees does it on another thread, by
   * {@link HeldLease#handOver}. Must not block.
   *
   * @return why it is refused; empty if it will be done
   */
  default Optional<String> refusal(LeaseRecord.Request request) {
    return Optional.of("this writer hands over to nobody on request");
  }

  /** It may append and acknowledge again. */
  default void confirmed() {}

  /** It may neither append nor acknowledge until it is told otherwise. */
  default void unconfirmed(String why) {}

  /** The lease was deleted or rolled back, and perhaps the log with it; it is unconfirmed. */
  default void historyDoubted(DivergedException why) {}

  /** Another one has the lease. Final, and told once. */
  default void fenced(FencedException evidence) {}
}
