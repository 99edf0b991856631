package io.haduck.testing.internal.splitbrain;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.log.FollowedLog;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.store.ObjectStore;
import java.util.Objects;
import java.util.Random;

/** A follower that shows whatever it believes. */
final class Reader implements Stage.Part {
  private final String name;
  private final ObjectStore store;
  private final Machine machine;
  private final Books books;
  private final Stage stage;
  private final Random random;
  private final boolean mayBeLost;
  private final int pollMillis;
  private LogPosition position = LogPosition.START;
  private String trouble = "";
  private boolean quiet;

  /**
   * @param mayBeLost whether what lies at its own seq may be a stray that nothing tells from
   *     another history: then it begins anew, as a follower does that was told to
   */
  Reader(
      String name,
      ObjectStore store,
      Machine machine,
      Books books,
      Stage stage,
      Random random,
      boolean mayBeLost) {
    this.name = name;
    this.store = store;
    this.machine = machine;
    this.books = books;
    this.stage = stage;
    this.random = random;
    this.mayBeLost = mayBeLost;
    this.pollMillis = 500 + random.nextInt(4_000);
  }

  /** From now on it looks seldom. */
  void calmDown() {
    quiet = true;
  }

  LogPosition position() {
    return position;
  }

  String trouble() {
    return trouble;
  }

  @Override
  public void play() {
    var followed = new FollowedLog(store, machine, machine);
    boolean begun = false;
    while (true) {
      Objects.requireNonNull(Stage.current())
          .sleep((quiet ? 3_000 : random.nextInt(pollMillis)) * 1_000_000L);
      try {
        if (begun) {
          FollowedLog.Look unusedSinceThePositionTells = followed.look();
        } else if (!followed.begin()) {
          continue;
        }
        begun = true;
        trouble = "";
      } catch (UnavailableException | CorruptDataException | MissingObjectException e) {
        trouble = String.valueOf(e);
        try {
          LogPosition unusedSinceItMayKnowNothing = followed.position();
        } catch (IllegalStateException nothing) {
          continue;
        }
        begun = true;
      } catch (DivergedException e) {
        if (!mayBeLost) {
          throw e;
        }
        trouble = String.valueOf(e);
        books.lost++;
        followed = new FollowedLog(store, machine, machine);
        begun = false;
        continue;
      } catch (IllegalStateException e) {
        throw new AssertionError(name, e);
      }
      position = followed.position();
      books.believed(followed.state(), name, stage.now());
    }
  }
}
