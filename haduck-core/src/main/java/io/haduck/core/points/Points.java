package io.haduck.core.points;

import io.haduck.core.DivergedException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.fetch.EmptyReplica;
import io.haduck.core.internal.kept.KeptPoints;
import io.haduck.core.internal.kept.KeptReplica;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.DroppedState;
import io.haduck.core.store.ConditionalWriteProbe;
import io.haduck.core.store.ObjectStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The named points of one replica. A point is kept, whatever a retention gives up, until it is
 * deleted; a name is that of one state. Any process may make and delete them, beside the writer and
 * without it. Safe for any thread.
 */
public final class Points {
  private static final int ATTEMPTS = 6;

  private final ObjectStore store;
  private final Retries retries;
  private final KeptReplica replica;
  private final KeptPoints points;

  private Points(ObjectStore store, Retries retries) {
    this.store = store;
    this.retries = retries;
    this.replica = new KeptReplica(store, retries);
    this.points = new KeptPoints(replica);
  }

  /** Those of a replica; its store stays open. */
  public static Points of(ObjectStore store) {
    var random = new Random();
    return new Points(
        store,
        Retries.of(
            ATTEMPTS, () -> new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), random)));
  }

  /**
   * Checks that a text can be the name of a point: 1 to 64 characters of a-z, 0-9, '.', '_' and
   * '-', of which the first is a letter or digit.
   *
   * @throws InvalidConfigurationException if not
   */
  public static void requireName(String name) {
    KeptPoints.requireName(name);
  }

  /**
   * All that there are, by name.
   *
   * @throws DivergedException if there is no replica at all
   * @throws UnavailableException if the store does not answer
   */
  public List<Point> list() {
    List<KeptPoints.Named> all = points.list();
    if (all.isEmpty()) {
      EmptyReplica.refuse(store, retries); // where its name is mistyped, none means nothing
    }
    return all.stream().map(Points::shown).toList();
  }

  /**
   * Names a state of the log. When this returns, it is kept until the point is deleted. Where the
   * name is that state's already, that is all.
   *
   * @param name see {@link #requireName}
   * @param seq of the state
   * @return the point, which may be one that another process made
   * @throws DivergedException if the name is another state's, or there is no such state, or not any
   *     more; the message says which there are. The name is free then
   * @throws InvalidConfigurationException if that is no name, or the store does not honour
   *     conditional writes, without which nothing can be kept for sure
   * @throws StoreAccessException if the store refuses to write
   * @throws UnavailableException if the store does not answer; it may or may not be made, and
   *     calling this again settles it
   */
  public Point make(String name, long seq) {
    return make(name, seq, it -> true);
  }

  /**
   * As {@link #make(String, long)}, of a state that a certain writer has committed.
   *
   * @param lineage of the log
   * @param epoch of the writer
   */
  public Point make(String name, long seq, UUID lineage, long epoch) {
    return make(
        name,
        seq,
        it -> it.changeset().lineage().equals(lineage) && it.changeset().epoch() == epoch);
  }

  private Point make(String name, long seq, Predicate<DecodedChangeset> expected) {
    requireName(name);
    DecodedChangeset state =
        retries
            .run(() -> replica.log().read(seq))
            .filter(expected)
            .orElseThrow(() -> noState(name, seq));
    Optional<KeptPoints.Named> there = points.find(name);
    if (there.isPresent() && there.get().position().equals(state.position())) {
      return shown(there.get());
    }
    UUID nonce = UUID.randomUUID();
    new ConditionalWriteProbe(store).run(nonce.toString().replace("-", ""));
    return shown(points.make(name, state.position(), state.changeset().time(), nonce));
  }

  private DivergedException noState(String name, long seq) {
    Optional<DroppedState> dropped = retries.run(() -> replica.log().dropped(seq));
    String why =
        dropped
            .map(
                it ->
                    " has given it up. The nearest before it that it keeps: "
                        + (it.before() == 0 ? "none" : "seq " + it.before())
                        + ", the nearest after it seq "
                        + it.after())
            .orElse(" has none, or that of another history");
    return new DivergedException("point " + name + " cannot name seq " + seq + ": " + store + why);
  }

  /**
   * Deletes a point, whatever it names. Its state goes on to be kept as long as the retention, or
   * another name, keeps it.
   *
   * @return whether there was one
   * @throws DivergedException if there is no replica at all
   * @throws InvalidConfigurationException if that is no name
   * @throws UnavailableException if the store does not answer; it may or may not be deleted
   */
  public boolean delete(String name) {
    boolean deleted = points.delete(name);
    if (!deleted) {
      EmptyReplica.refuse(store, retries);
    }
    return deleted;
  }

  private static Point shown(KeptPoints.Named named) {
    return new Point(named.name(), named.position().seq(), named.time(), named.written());
  }
}
