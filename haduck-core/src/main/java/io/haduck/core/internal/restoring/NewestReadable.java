package io.haduck.core.internal.restoring;

import io.haduck.core.DivergedException;
import io.haduck.core.UnopenedException;
import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.duckdb.WriteAheadLog;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.LocalFiles;
import io.haduck.core.internal.log.DroppedState;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.restore.OpeningTrial;
import io.haduck.core.restore.RestoreProgress;
import io.haduck.core.restore.RestoreResult;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the newest state of a log that DuckDB opens. Each candidate is restored aside, under the
 * destination's file name in a directory of its own, since that name is the database's in SQL, and
 * opened.
 *
 * <p>Within one checkpoint it bisects. DuckDB replays a write-ahead log from its beginning and
 * gives up at the first entry that it cannot replay, and the log of a commit begins with that of
 * the commit before: so what fails at one commit fails at all later ones, until the next
 * checkpoint. Should that not hold, what is found is older than it had to be; but it was opened,
 * and the one after it was not.
 *
 * <p>For one use by one thread, under the process lock of the destination.
 */
public final class NewestReadable {
  private static final Logger log = LoggerFactory.getLogger(NewestReadable.class);

  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final ReplicationLog replica;
  private final String name;
  private final RangeFetcher fetcher;
  private final LocalFiles files;
  private final OpeningTrial trial;

  /** The last candidate; its blocks need not be fetched again. */
  private @Nullable Path image;

  /** The last state of each checkpoint that is left out, in part or as a whole, newest first. */
  private final List<LogState> leftOut = new ArrayList<>();

  public NewestReadable(
      ReplicationLog replica,
      String name,
      RangeFetcher fetcher,
      LocalFiles files,
      OpeningTrial trial) {
    this.replica = replica;
    this.name = name;
    this.fetcher = fetcher;
    this.files = files;
    this.trial = trial;
  }

  /** A file that may hold the blocks of what was found; null if none was made. */
  public @Nullable Path image() {
    return image;
  }

  /**
   * Goes back from what is wanted as far as it takes.
   *
   * @return what was wanted, if DuckDB opens that
   * @throws UnopenedException if nothing opens, or something else than its content keeps DuckDB
   *     from opening it
   */
  public RestorePoint find(RestorePoint wanted) throws IOException {
    if (opens(wanted)) {
      return wanted;
    }
    LogState top = wanted.state();
    boolean withWal = wanted.withWal();
    while (true) {
      leftOut.add(top);
      long anchor = top.anchor().seq();
      boolean tried = !withWal || (top.wal().length() == 0);
      if (!tried && replica.dropped(anchor).isEmpty()) {
        var without = new RestorePoint(at(anchor), false, wanted.headSeq(), Optional.empty());
        if (opens(without)) {
          return found(newestOf(without, top), wanted);
        }
      }
      long before = lastBefore(anchor);
      if (before == 0) {
        throw new UnopenedException(
            "DuckDB opens no state of "
                + name
                + " from seq 1 to "
                + wanted.state().position().seq(),
            true,
            null);
      }
      top = at(before);
      withWal = true;
      var whole = new RestorePoint(top, true, wanted.headSeq(), Optional.empty());
      if (opens(whole)) {
        return found(whole, wanted);
      }
    }
  }

  /** The seq of the last state before another one that is kept; 0 if none is. */
  private long lastBefore(long seq) {
    return seq <= 1 ? 0 : replica.dropped(seq - 1).map(DroppedState::before).orElse(seq - 1);
  }

  /** The newest between a checkpoint that opens and a commit after it that does not. */
  private RestorePoint newestOf(RestorePoint checkpoint, LogState top) throws IOException {
    RestorePoint newest = checkpoint;
    long opens = checkpoint.state().position().seq() - 1;
    long fails = top.position().seq();
    while (fails - opens > 1) {
      long middle = opens + (fails - opens) / 2;
      DroppedState gone = replica.dropped(middle).orElse(null);
      if (gone != null) {
        middle = gone.before() > opens ? gone.before() : gone.after();
        if (middle >= fails) {
          break;
        }
      }
      var candidate = new RestorePoint(at(middle), true, checkpoint.headSeq(), Optional.empty());
      if (candidate.walLength() == 0 || opens(candidate)) {
        opens = middle;
        newest = candidate;
      } else {
        fails = middle;
      }
    }
    return newest;
  }

  private LogState at(long seq) {
    return replica
        .loadAt(seq, LoadProgress.NONE)
        .orElseThrow(
            () ->
                new DivergedException(
                    name
                        + " does not hold seq "
                        + seq
                        + " any more, and DuckDB opens nothing that is newer"));
  }

  private boolean opens(RestorePoint candidate) throws IOException {
    Path directory = files.beside(AsideFiles.name());
    Files.createDirectory(directory, OWNER_ONLY); // DuckDB writes into it, by umask
    Path before = image;
    Path made = directory.resolve(files.database().getFileName());
    Path local = before == null && files.databaseExists() ? files.database() : before;
    boolean written = false;
    try {
      new ImageWriter(fetcher, candidate.state(), RestoreProgress.none())
          .write(made, local == null ? null : DatabaseFiles.open(local), FileRights.BY_UMASK);
      written = true;
    } finally {
      if (!written) {
        delete(made);
      }
    }
    image = made;
    delete(before);
    if (candidate.walLength() > 0) {
      new WalWriter(fetcher).write(candidate.state().wal(), wal(made), FileRights.BY_UMASK);
    }
    String shown =
        "seq "
            + candidate.state().position().seq()
            + " with "
            + candidate.walLength()
            + " bytes of write-ahead log";
    try {
      trial.open(made);
      log.info("{}: DuckDB opens {}", name, shown);
      return true;
    } catch (UnopenedException e) {
      if (!e.ofContent()) {
        throw e;
      }
      log.info("{}: DuckDB does not open {}: {}", name, shown, cause(e));
      return false;
    }
  }

  private static @Nullable String cause(UnopenedException e) {
    Throwable cause = e.getCause();
    return cause == null ? e.getMessage() : cause.getMessage();
  }

  private RestorePoint found(RestorePoint found, RestorePoint wanted) throws IOException {
    LogState state = found.state();
    long bytes = 0;
    long commits = 0;
    for (LogState left : leftOut) {
      boolean same = left.anchor().equals(state.anchor());
      long from = same ? found.walLength() : 0;
      bytes += left.wal().length() - from;
      commits += commits(left, from);
    }
    long changesets = wanted.state().position().seq() - state.position().seq();
    return new RestorePoint(
        state,
        found.withWal(),
        wanted.headSeq(),
        Optional.of(
            new RestoreResult.LostWal(
                bytes,
                commits,
                changesets,
                state.position().seq() + (changesets == 0 ? 0 : 1),
                wanted.state().position().seq(),
                state.time(),
                wanted.state().time())));
  }

  /** How many commits the write-ahead log of a state has behind an offset. */
  long commits(LogState state, long from) throws IOException {
    if (state.wal().length() <= from) {
      return 0;
    }
    Path file = files.beside(AsideFiles.name());
    try {
      new WalWriter(fetcher).write(state.wal(), file, FileRights.of(files.database()));
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        return WriteAheadLog.countCommits(channel, file.toString(), from);
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static Path wal(Path made) {
    return made.resolveSibling(made.getFileName() + ".wal");
  }

  /** Deletes the last candidate. */
  public void end() throws IOException {
    Path last = image;
    image = null;
    delete(last);
  }

  private static void delete(@Nullable Path candidate) throws IOException {
    Path directory = candidate == null ? null : candidate.getParent();
    if (candidate != null && directory != null) {
      DatabaseFiles.letGo(candidate); // else its room on the disk stays taken
      AsideFiles.deleteDirectory(directory);
    }
  }
}
