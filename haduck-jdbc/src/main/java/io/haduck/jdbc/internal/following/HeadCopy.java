package io.haduck.jdbc.internal.following;

import io.haduck.core.HaduckException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.follower.Follower;
import io.haduck.core.follower.FollowerCopy;
import io.haduck.core.internal.concurrent.DaemonThreads;
import io.haduck.core.internal.restoring.HandedImage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Brings a copy of a followed database to the log's head, in time or not at all. */
final class HeadCopy {
  private static final ThreadFactory COPYING = DaemonThreads.named("haduck-standby-copy");

  /** For so long a lease answers for who does not write yet; then another one may do better. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private HeadCopy() {}

  /**
   * Brings one there, and lets the follower let go of it.
   *
   * @param replica what it is called
   * @return empty if readers hold all copies
   * @throws UnavailableException if that takes too long: another process may be nearer to it
   * @throws HaduckException if it cannot be made
   */
  static Optional<FollowerCopy> of(Follower follower, String replica) {
    var copied = new CompletableFuture<Optional<FollowerCopy>>();
    COPYING
        .newThread(
            () -> {
              try {
                copied.complete(follower.giveAway());
              } catch (RuntimeException | Error e) {
                copied.completeExceptionally(e);
              }
            })
        .start();
    try {
      return copied.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HaduckException failure) {
        throw failure;
      }
      throw new LocalFileException("no copy could be brought to the head: " + e.getCause(), e);
    } catch (TimeoutException e) {
      discardLater(copied);
      throw new UnavailableException(
          "it does not reach the head of " + replica + " within " + LONGEST.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      discardLater(copied);
      throw new UnavailableException("interrupted while it caught up", e);
    }
  }

  private static void discardLater(CompletableFuture<Optional<FollowerCopy>> copied) {
    var unused = copied.thenAccept(late -> late.ifPresent(HeadCopy::discard));
  }

  /** Deletes what nobody took. Never fails. */
  static void discard(FollowerCopy copy) {
    new HandedImage(copy.database(), copy.position().seq(), copy.position().digest()).discard();
  }
}
