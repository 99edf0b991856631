package io.haduck.core.internal.restoring;

import io.haduck.core.internal.fetch.ObjectRange;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.SliceReader;
import io.haduck.core.internal.log.WalStream;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Writes the stream of a write-ahead log into a new file, from the objects of a replica, and syncs
 * it: what then is in the file is a WAL as DuckDB writes it, since the stream begins with its
 * version record. For one use by one thread.
 */
final class WalWriter {
  private final RangeFetcher fetcher;

  WalWriter(RangeFetcher fetcher) {
    this.fetcher = fetcher;
  }

  /**
   * Writes the stream.
   *
   * @param file must not exist
   * @param rights of it, from its first moment on
   */
  void write(WalStream stream, Path file, FileRights rights) throws IOException {
    try (var written = new EarlySyncedFile(rights.create(file));
        var compression = new BlockCompression()) {
      var reader = new SliceReader(compression);
      fetcher.fetch(
          ObjectRange.join(stream.runs()),
          () ->
              (run, stored) -> {
                byte[] raw = reader.read(run.slice(), run.content(), stored, 0);
                written.write(raw, run.usedLength(), run.streamOffset());
              });
      written.sync();
    }
  }
}
