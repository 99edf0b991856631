package io.haduck.core.internal.log;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * Runs of a stream, never changed. A list that is a longer one's beginning shares its array, so
 * that going on by one more run, as every commit does, copies nothing. Safe for any thread.
 */
final class WalRuns extends AbstractList<WalRun> implements RandomAccess {
  private static final int ROOM = 16;

  private final Shared shared;
  private final int size;

  /** Of all lists that begin alike. What is below {@code used} is never changed any more. */
  private static final class Shared {
    private final @Nullable WalRun[] runs;
    private int used;

    private Shared(@Nullable WalRun[] runs, int used) {
      this.runs = runs;
      this.used = used;
    }
  }

  private WalRuns(Shared shared, int size) {
    this.shared = shared;
    this.size = size;
  }

  /** These runs; a copy, unless they are one of these lists already. */
  static WalRuns of(List<WalRun> runs) {
    if (runs instanceof WalRuns same) {
      return same;
    }
    @Nullable WalRun[] copy = runs.toArray(new WalRun[0]);
    return new WalRuns(new Shared(copy, copy.length), copy.length);
  }

  /** These runs, and more behind them. */
  WalRuns plus(List<WalRun> more) {
    int longer = size + more.size();
    synchronized (shared) {
      if (shared.used == size && longer <= shared.runs.length) { // nobody has gone on from here yet
        put(more, shared.runs);
        shared.used = longer;
        return new WalRuns(shared, longer);
      }
    }
    @Nullable WalRun[] copy =
        Arrays.copyOf(Arrays.copyOf(shared.runs, size), longer + (longer >> 1) + ROOM);
    put(more, copy);
    return new WalRuns(new Shared(copy, longer), longer);
  }

  private void put(List<WalRun> more, @Nullable WalRun[] into) {
    int at = size;
    for (WalRun run : more) {
      into[at++] = run;
    }
  }

  @Override
  public WalRun get(int index) {
    Objects.checkIndex(index, size);
    return Objects.requireNonNull(shared.runs[index]);
  }

  @Override
  public int size() {
    return size;
  }
}
