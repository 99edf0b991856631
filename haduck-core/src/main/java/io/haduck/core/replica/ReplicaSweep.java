package io.haduck.core.replica;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.fetch.EmptyReplica;
import io.haduck.core.internal.sweep.Sweep;
import io.haduck.core.internal.sweep.SweepTime;
import io.haduck.core.retention.GarbageCollection;
import io.haduck.core.retention.SweepOptions;
import io.haduck.core.retention.SweepReport;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;

/**
 * Sweeps a replica from outside: by an identity of its own, where the writer may not delete, or
 * where nothing is written any more. It is what the writer does, and may run beside it and beside
 * any number of others.
 */
public final class ReplicaSweep {
  private static final int ATTEMPTS = 8;

  private ReplicaSweep() {}

  /**
   * Sweeps once, now, whatever {@link SweepOptions#interval()} says. Deletes at most 500 objects a
   * second, so the first sweep of a large replica may take hours; interrupting the thread ends it
   * without harm, and the next one goes on. It writes and deletes a few bytes below {@code probe/},
   * to know the time. Where the sweep before is long ago, what has expired since goes with the one
   * after this, an hour later or more: {@link SweepReport#agedTo}. With {@link
   * GarbageCollection#DRY_RUN} it writes nothing, and its report says what can be restored in the
   * end.
   *
   * @param store scoped to the replica; stays open
   * @return what was found and done
   * @throws CorruptDataException if something that is kept cannot be read: then nothing is deleted
   * @throws DivergedException if there is no replica
   * @throws InvalidConfigurationException if the mode is {@link GarbageCollection#OFF}
   * @throws StoreAccessException if the store does not let this write below {@code kept/} or
   *     delete, or its clock is more than an hour ahead of this machine's
   * @throws UnavailableException if the store does not answer, or the thread was interrupted
   */
  public static SweepReport run(ObjectStore store, SweepOptions options) {
    return run(store, options, InstantSource.system());
  }

  static SweepReport run(ObjectStore store, SweepOptions options, InstantSource here) {
    if (options.mode() == GarbageCollection.OFF) {
      throw new InvalidConfigurationException(
          "gc=off: nothing is swept. Take on, or dry_run to see what would be deleted");
    }
    var random = new Random();
    var retries =
        Retries.of(
            ATTEMPTS, () -> new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10), random));
    EmptyReplica.refuse(store, retries);
    boolean dryRun = options.mode() == GarbageCollection.DRY_RUN;
    Instant known = dryRun ? Instant.MIN : clock(store);
    SweepTime time = new SweepTime(store, retries).notBefore(known);
    time.requirePlausible(time.clockAhead(here));
    return new Sweep(store, options, retries, Ticker.system(), () -> false)
        .notBefore(known)
        .agedTo(dryRun ? Instant.MAX : time.agedTo(options.interval()))
        .run()
        .orElseThrow(() -> new DivergedException(EmptyReplica.text(store)));
  }

  /**
   * Where nothing is written, only the answer to a write tells what time it is. Without it a sweep
   * goes by what listings say, which is not later.
   */
  private static Instant clock(ObjectStore store) {
    String key = "probe/" + UUID.randomUUID().toString().replace("-", "");
    try {
      Instant time = store.put(key, ObjectBody.of(new byte[] {'\n'})).storeTime();
      store.deleteAll(List.of(key));
      return Objects.requireNonNullElse(time, Instant.MIN);
    } catch (HaduckException e) {
      return Instant.MIN; // what the sweep needs itself it asks for itself, and says so
    }
  }
}
