package io.haduck.core.replica;

import io.haduck.core.HaduckException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.fetch.FetchPlan;
import io.haduck.core.internal.fetch.ObjectRange;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.SliceReader;
import io.haduck.core.store.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;

/** What a restore would say, without writing a database. */
public final class ReadableState {
  private ReadableState() {}

  /** Whether the log leads to a seq, and all blocks and WAL of that state are right. */
  public static boolean at(ObjectStore store, long seq) {
    var fetcher =
        new RangeFetcher(
            store, () -> new Backoff(Duration.ofNanos(10), Duration.ofNanos(10), new Random(1)));
    try (var compression = new BlockCompression()) {
      Optional<LogState> found = new ReplicationLog(store).loadAt(seq, LoadProgress.NONE);
      if (found.isEmpty()) {
        return false;
      }
      LogState state = found.get();
      int blockSize = state.identity().blockSize();
      var reader = new SliceReader(compression);
      fetcher.fetch(
          FetchPlan.of(state.index(), state.index().ids()),
          () ->
              (wanted, stored) ->
                  reader.read(wanted.slice(), wanted.content(state.index(), blockSize), stored, 0));
      fetcher.fetch(
          ObjectRange.join(state.wal().runs()),
          () -> (run, stored) -> reader.read(run.slice(), run.content(), stored, 0));
      return true;
    } catch (HaduckException e) {
      return false;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
