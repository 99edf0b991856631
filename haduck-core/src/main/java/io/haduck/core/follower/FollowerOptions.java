package io.haduck.core.follower;

import io.haduck.core.Ticker;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** How to follow one replica. Immutable. */
public final class FollowerOptions {
  private final Path database;
  private final ObjectStore store;
  private Duration pollInterval = Duration.ofSeconds(1);
  private Duration pollIntervalIdle = Duration.ofSeconds(10);
  private Duration openTimeout = Duration.ofSeconds(30);
  private Duration emptyWait = Duration.ZERO;
  private @Nullable Duration maxLag;
  private boolean freshWhenLost;
  private int mostCopies = 4;
  private boolean standsBy;
  private FollowerListener listener = new FollowerListener() {};
  private Ticker ticker = Ticker.system();
  private InstantSource clock = InstantSource.system();
  private FileSteps steps = FileSteps.untold();
  private Ending ending = new Ending();

  private FollowerOptions(Path database, ObjectStore store) {
    this.database = database;
    this.store = store;
  }

  private FollowerOptions copy() {
    var copy = new FollowerOptions(database, store);
    copy.take(this);
    return copy;
  }

  private void take(FollowerOptions other) {
    pollInterval = other.pollInterval;
    pollIntervalIdle = other.pollIntervalIdle;
    openTimeout = other.openTimeout;
    emptyWait = other.emptyWait;
    maxLag = other.maxLag;
    freshWhenLost = other.freshWhenLost;
    mostCopies = other.mostCopies;
    listener = other.listener;
    standsBy = other.standsBy;
    ticker = other.ticker;
    clock = other.clock;
    steps = other.steps;
    ending = other.ending;
  }

  /**
   * Returns the defaults: a look at the log each second, down to one in ten while nothing happens;
   * 30 s for the first copy's log; an empty replica is an error; no limit to the lag; at most four
   * copies.
   *
   * @param database F: what the copies are of. It need not exist, and is never touched; they lie in
   *     {@code F.haduck-follower/}
   * @param store of the replica; the follower closes it
   */
  public static FollowerOptions of(Path database, ObjectStore store) {
    return new FollowerOptions(database, store);
  }

  /**
   * Returns the same with other intervals.
   *
   * @param newPollInterval between two looks at the log while changesets come; positive
   * @param newPollIntervalIdle at most between two looks, however long nothing came
   */
  public FollowerOptions withPolling(Duration newPollInterval, Duration newPollIntervalIdle) {
    if (newPollInterval.isNegative()
        || newPollInterval.isZero()
        || newPollIntervalIdle.compareTo(newPollInterval) < 0) {
      throw new IllegalArgumentException(
          "poll_interval " + newPollInterval + ", poll_interval_idle " + newPollIntervalIdle);
    }
    var copy = copy();
    copy.pollInterval = newPollInterval;
    copy.pollIntervalIdle = newPollIntervalIdle;
    return copy;
  }

  /**
   * Returns the same, waiting otherwise when it is opened.
   *
   * @param newOpenTimeout for a store that does not answer
   * @param newEmptyWait for a replica that is empty; zero makes it an error at once
   */
  public FollowerOptions withWaiting(Duration newOpenTimeout, Duration newEmptyWait) {
    var copy = copy();
    copy.openTimeout = newOpenTimeout;
    copy.emptyWait = newEmptyWait;
    return copy;
  }

  /** Returns the same, with a limit to the lag, which the status tells of; null for none. */
  public FollowerOptions withMaxLag(@Nullable Duration newMaxLag) {
    var copy = copy();
    copy.maxLag = newMaxLag;
    return copy;
  }

  /**
   * Returns the same with another answer to a replica that holds another history than what was read
   * from it.
   *
   * @param fresh whether to follow that one from its head on; if not, it is an error until a person
   *     has decided
   */
  public FollowerOptions withFreshWhenLost(boolean fresh) {
    var copy = copy();
    copy.freshWhenLost = fresh;
    return copy;
  }

  /** Returns the same with another limit to the copies on the disk: 2 to 4. */
  public FollowerOptions withMostCopies(int most) {
    if (most < 2 || most > 4) {
      throw new IllegalArgumentException("a follower has 2 to 4 copies, not " + most);
    }
    var copy = copy();
    copy.mostCopies = most;
    return copy;
  }

  /**
   * Returns the same, of who is to write the database one day: F may have changes that are not on
   * the replica, since it is looked at when it is to be written; and copies that were {@linkplain
   * Follower#giveAway given away} and lie there still are made anew, for who was to take them has
   * ended.
   */
  public FollowerOptions withStandingBy() {
    var copy = copy();
    copy.standsBy = true;
    return copy;
  }

  /** Returns the same, with somebody to tell. */
  public FollowerOptions withListener(FollowerListener newListener) {
    var copy = copy();
    copy.listener = newListener;
    return copy;
  }

  /** Returns the same by other clocks. */
  FollowerOptions withClocks(Ticker newTicker, InstantSource newClock) {
    var copy = copy();
    copy.ticker = newTicker;
    copy.clock = newClock;
    return copy;
  }

  /** Returns the same, telling of each change to a file. */
  FollowerOptions withSteps(FileSteps newSteps) {
    var copy = copy();
    copy.steps = newSteps;
    return copy;
  }

  /**
   * Returns the same, of a follower that hears of its end at every request and change to a file.
   */
  FollowerOptions endedBy(Ending newEnding) {
    var copy = new FollowerOptions(database, new EndableStore(store, newEnding));
    copy.take(this);
    copy.ending = newEnding;
    copy.steps =
        change -> {
          newEnding.refuse();
          steps.before(change);
        };
    return copy;
  }

  Path database() {
    return database;
  }

  ObjectStore store() {
    return store;
  }

  Duration pollInterval() {
    return pollInterval;
  }

  Duration pollIntervalIdle() {
    return pollIntervalIdle;
  }

  Duration openTimeout() {
    return openTimeout;
  }

  Duration emptyWait() {
    return emptyWait;
  }

  @Nullable Duration maxLag() {
    return maxLag;
  }

  boolean freshWhenLost() {
    return freshWhenLost;
  }

  int mostCopies() {
    return mostCopies;
  }

  boolean standsBy() {
    return standsBy;
  }

  FollowerListener listener() {
    return listener;
  }

  Ticker ticker() {
    return ticker;
  }

  InstantSource clock() {
    return clock;
  }

  FileSteps steps() {
    return steps;
  }

  Ending ending() {
    return ending;
  }
}
