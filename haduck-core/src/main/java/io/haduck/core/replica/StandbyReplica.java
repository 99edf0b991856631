package io.haduck.core.replica;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.LocalFileException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.local.LocalRecord;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.opening.WrittenPath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;

/** Looks at a replica before somebody follows it who is to write it one day. Changes nothing. */
public final class StandbyReplica {
  private StandbyReplica() {}

  /**
   * Returns whether somebody has begun it, so that it can be followed.
   *
   * @param options with which it would be opened by its writer
   * @throws InvalidConfigurationException if it is that of another path, and nobody gave the
   *     database its name
   * @throws UnavailableException if the store does not answer
   */
  public static boolean isBegun(ReplicatorOptions options, Path path, boolean named) {
    long end = options.ticker().nanos() + options.openTimeout().toNanos();
    var random = new Random();
    Optional<LogState> head =
        Retries.unlimited(() -> new Backoff(Duration.ofMillis(200), Duration.ofSeconds(15), random))
            .runWhile(
                () -> new ReplicationLog(options.store()).loadLatest(LoadProgress.NONE),
                () -> end - options.ticker().nanos());
    if (head.isEmpty()) {
      return false;
    }
    try {
      LocalFiles files = LocalFiles.of(options.database());
      Optional<LocalRecord> record = LocalRecord.read(files.record());
      FileStamp file = files.databaseExists() ? FileStamp.of(files.database()) : null;
      new WrittenPath(path, named)
          .require(options.store().toString(), head.get(), WrittenPath.own(record, file));
    } catch (IOException e) {
      throw new LocalFileException("cannot look at " + options.database() + ": " + e, e);
    }
    return true;
  }
}
