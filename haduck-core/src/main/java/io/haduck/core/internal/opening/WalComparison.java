package io.haduck.core.internal.opening;

import io.haduck.core.internal.duckdb.IterationWal;
import io.haduck.core.internal.duckdb.WalView;
import io.haduck.core.internal.fetch.ObjectRange;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.SliceReader;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.log.WalStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * How the write-ahead log beside a database compares with what the log holds of that iteration's,
 * byte for byte.
 *
 * @param same how many bytes both begin with, in bytes
 * @param localLength of the local stream, up to its last commit, in bytes
 * @param logLength of the log's stream, in bytes
 */
record WalComparison(long same, long localLength, long logLength) {
  /** Whether everything that the log holds is there, and perhaps more. */
  boolean localHoldsAll() {
    return same == logLength;
  }

  /** Whether the log holds everything that is there, and perhaps more. */
  boolean logHoldsAll() {
    return same == localLength;
  }

  /** For an error: what either side has. */
  @Override
  public String toString() {
    return "the local WAL has "
        + localLength
        + " bytes of commits, the replica "
        + logLength
        + ", and they are the same for "
        + same;
  }

  /**
   * Compares by the hash of each piece; fetches a piece only where that does not tell.
   *
   * @param local as it was last observed
   * @throws io.haduck.core.internal.duckdb.HeaderMovedException if the local files change meanwhile
   */
  static WalComparison of(IterationWal local, WalView view, WalStream stream, RangeFetcher fetcher)
      throws IOException {
    long common = Math.min(view.end(), stream.length());
    long same = 0;
    for (WalRun run : stream.runs()) {
      int length = (int) Math.min(run.usedLength(), common - run.streamOffset());
      if (length <= 0) {
        break;
      }
      byte[] bytes = new byte[length];
      local.read(view.iteration(), run.streamOffset(), bytes, 0, length);
      if (length < run.rawLength() || run.content().difference(bytes, 0) != null) {
        int parting = Arrays.mismatch(bytes, 0, length, fetch(run, fetcher), 0, length);
        if (parting >= 0) {
          return new WalComparison(run.streamOffset() + parting, view.end(), stream.length());
        }
      }
      same = run.streamOffset() + length;
    }
    return new WalComparison(same, view.end(), stream.length());
  }

  private static byte[] fetch(WalRun run, RangeFetcher fetcher) throws IOException {
    byte[][] raw = new byte[1][];
    try (var compression = new BlockCompression()) {
      var reader = new SliceReader(compression);
      fetcher.fetch(
          ObjectRange.join(List.of(run)),
          () -> (part, stored) -> raw[0] = reader.read(part.slice(), part.content(), stored, 0));
    }
    return raw[0];
  }
}
