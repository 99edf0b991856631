package io.haduck.jdbc.internal.database;

import java.util.List;

/**
 * The checkpoints of haduck's own in the databases of one DuckDB instance, as they were when it was
 * asked for. Safe for any thread. What waits is to be called without any lock.
 */
public record OwnCheckpoints(List<SoonCheckpoint> all) {
  public static final OwnCheckpoints NONE = new OwnCheckpoints(List.of());

  public OwnCheckpoints {
    all = List.copyOf(all);
  }

  /** Lets those that are under way end before somebody else's; bounded. */
  public void giveWay() {
    all.forEach(SoonCheckpoint::giveWay);
  }

  /** None begins any more. Never waits. */
  void stop() {
    all.forEach(SoonCheckpoint::stop);
  }

  /** Waits for those that are under way; bounded. */
  void awaitEnd() {
    all.forEach(SoonCheckpoint::awaitEnd);
  }

  /** Whether one is under way. */
  public boolean areRunning() {
    return all.stream().anyMatch(SoonCheckpoint::isRunning);
  }

  /** How many have come to their end so far. */
  public long over() {
    long over = 0;
    for (SoonCheckpoint own : all) {
      over += own.over();
    }
    return over;
  }

  /** How many have begun so far. */
  public long begun() {
    long begun = 0;
    for (SoonCheckpoint own : all) {
      begun += own.begun();
    }
    return begun;
  }
}
