package io.haduck.core.internal.duckdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.haduck.core.CorruptDataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * The commits that follow a database header, as one stream of bytes over DuckDB's WAL files; each
 * byte is parsed once, however often it is looked at.
 *
 * <p>The stream is {@code F.wal} from its version record on, without the marks of checkpoints.
 * While a checkpoint runs (a mark at the end names a header that is not there yet) the entries of
 * {@code F.wal.checkpoint} follow, without its version record. Once it is over (the mark names the
 * present header) {@code F.wal} is dead, and {@code F.wal.checkpoint}, which is about to be renamed
 * over it, is the stream of the new iteration, version record included. So the bytes of the stream
 * are always a WAL file that DuckDB can replay on the blocks of that iteration.
 *
 * <p>Two files cannot be looked at in one moment, so the order of the looks is what makes them one.
 * {@code F.wal.checkpoint} comes first, and {@code F.wal} is looked at and parsed after it. DuckDB
 * makes {@code F.wal.checkpoint} with the first commit behind a mark, so whenever that file holds
 * commits, a later look at {@code F.wal} sees the mark and all commits before it; and what was
 * acknowledged before the first look is in one of the two as they are read. The other way round a
 * mark and a commit behind it could come between the looks, and the commit would belong to nothing.
 *
 * <p>Safe for any thread. {@link DatabaseMoment} sees to it that the header was the same before and
 * after.
 */
public final class IterationWal implements AutoCloseable {
  private static final int LOOKS = 1000;

  private final WalFiles files;
  private final ObservationSteps steps;

  @GuardedBy("this")
  private @Nullable FollowedWal main;

  @GuardedBy("this")
  private @Nullable FollowedWal next;

  @GuardedBy("this")
  private List<Extent> extents = List.of();

  @GuardedBy("this")
  private long commits;

  @GuardedBy("this")
  private @Nullable EndedWal ended;

  /** {@link WalView#draws} of files that are not followed any more. */
  @GuardedBy("this")
  private long draws;

  /** From where on files were found changed by looks that broke off. */
  @GuardedBy("this")
  private long unreportedChange = Long.MAX_VALUE;

  @GuardedBy("this")
  private WalView view = new WalView(-1, 0, Long.MAX_VALUE, 0, 0, 0, false, false);

  /** Bytes of a file that stand in the stream from an offset on. */
  private record Extent(FollowedWal wal, long fileFrom, long fileTo, long streamFrom) {
    long streamTo() {
      return streamFrom + fileTo - fileFrom;
    }
  }

  /** The WAL of a database, of which nothing was observed yet. */
  public IterationWal(WalFiles files) {
    this(files, ObservationSteps.untold());
  }

  /** As {@link #IterationWal(WalFiles)}, telling of each file operation. */
  public IterationWal(WalFiles files, ObservationSteps steps) {
    this.files = files;
    this.steps = steps;
  }

  /**
   * Looks at the files, and parses what has been added.
   *
   * @param headers of the database file, which must be the same when this returns, or else what it
   *     says is of no iteration
   * @throws CorruptDataException if a file is no WAL
   * @throws io.haduck.core.UnsupportedDatabaseException if it is an encrypted or unknown one
   */
  public synchronized WalView observe(DatabaseHeaders headers) throws IOException {
    long iteration = headers.active().iteration();
    boolean sameStream = view.iteration() == iteration;
    long known = sameStream ? view.unchangedUpTo() : Long.MAX_VALUE;
    if (!sameStream && (main == null || iteration != view.iteration() + 1)) {
      draws++; // a file may have come and gone meanwhile
    }
    followFiles();
    List<Extent> before = extents;
    boolean running = compose(headers);
    long changedFrom = Math.min(unreportedChange, sameStream ? partingOf(before, extents) : 0);
    unreportedChange = Long.MAX_VALUE;
    boolean appendedTo = changedFrom == Long.MAX_VALUE || !sameStream;
    view =
        new WalView(
            iteration,
            end(extents),
            appendedTo ? known : Math.min(known, changedFrom),
            view.rewinds() + (appendedTo ? 0 : 1),
            commits,
            draws + drawsOf(main) + drawsOf(next),
            main != null || next != null,
            running);
    return view;
  }

  /** Returns what stat said of the files just before they were read by the last look. */
  public synchronized WalStats stats() {
    return new WalStats(
        main == null ? null : main.parsedAt(), next == null ? null : next.parsedAt());
  }

  /** Opens what is there now and parses what was added, the two files in their order. */
  @GuardedBy("this")
  private void followFiles() throws IOException {
    FollowedWal oldMain = main;
    FollowedWal oldNext = next;
    try {
      next = follow(files.checkpoint(), oldNext);
      main = follow(files.wal(), oldMain, oldNext, next); // also renamed before, or just now
      if (next == main) {
        next = null; // renamed since it was looked at first
      }
    } finally {
      closeUnused(oldMain);
      closeUnused(oldNext);
    }
  }

  /**
   * The file that a path names now, parsed up to its end; null if there is none.
   *
   * @param open files that it may name
   */
  @GuardedBy("this")
  private @Nullable FollowedWal follow(Path path, @Nullable FollowedWal... open)
      throws IOException {
    for (int looks = 0; looks < LOOKS; looks++) {
      FileStat stat = FileStat.of(path, steps);
      if (stat == null) {
        return null;
      }
      FollowedWal known = among(stat, open);
      FollowedWal followed = known == null ? FollowedWal.open(path, stat, steps) : known;
      if (followed == null) {
        continue; // renamed or deleted meanwhile
      }
      boolean parsed = false;
      try {
        long changedFrom = followed.changedFrom(stat);
        if (changedFrom < Long.MAX_VALUE) {
          noteChange(followed, changedFrom);
        }
        followed.follow(stat);
        parsed = true;
        return followed;
      } finally {
        if (!parsed && known == null) {
          followed.close();
        }
      }
    }
    throw new IOException(path + " was replaced " + LOOKS + " times while it was read");
  }

  private static @Nullable FollowedWal among(FileStat stat, @Nullable FollowedWal... open) {
    for (FollowedWal one : open) {
      if (one != null && one.isFile(stat)) {
        return one;
      }
    }
    return null;
  }

  @GuardedBy("this")
  private void closeUnused(@Nullable FollowedWal old) throws IOException {
    if (old != null && old != main && old != next) {
      try {
        if (old.followToEnd()) {
          noteEnd(view.iteration(), old);
        } else {
          draws++; // what it held last is not known
        }
      } catch (IOException | CorruptDataException e) {
        draws++;
      } finally {
        draws += old.draws();
        old.close();
      }
    }
  }

  /** If a file ends with a mark, then so did the commits of its iteration; noted once. */
  @GuardedBy("this")
  private void noteEnd(long iteration, FollowedWal wal) {
    WalCommit mark = wal.trailingMark();
    if (mark != null && mark.checkpoint().isPresent() && wal.noteEnd()) {
      ended = new EndedWal(iteration, wal.streamLength(), mark.checkpoint().get());
    }
  }

  private static long drawsOf(@Nullable FollowedWal followed) {
    return followed == null ? 0 : followed.draws();
  }

  @GuardedBy("this")
  private void noteChange(FollowedWal followed, long changedFrom) {
    for (Extent extent : extents) {
      if (extent.wal() == followed && changedFrom < extent.fileTo()) {
        long offset = Math.max(0, changedFrom - extent.fileFrom());
        unreportedChange = Math.min(unreportedChange, extent.streamFrom() + offset);
      }
    }
  }

  /** Offset from which on other files, or other parts of them, make up the stream. */
  private static long partingOf(List<Extent> before, List<Extent> after) {
    for (int i = 0; i < before.size(); i++) {
      Extent was = before.get(i);
      Extent is = i < after.size() ? after.get(i) : null;
      if (is == null || is.wal() != was.wal() || is.fileFrom() != was.fileFrom()) {
        return was.streamFrom();
      }
      boolean last = i == before.size() - 1;
      if (is.fileTo() < was.fileTo() || (is.fileTo() > was.fileTo() && !last)) {
        return Math.min(is.streamTo(), was.streamTo());
      }
    }
    return Long.MAX_VALUE;
  }

  /** Puts the stream together; true if a checkpoint is running. */
  @GuardedBy("this")
  private boolean compose(DatabaseHeaders headers) {
    List<Extent> composed = new ArrayList<>();
    FollowedWal first = main;
    FollowedWal second = next;
    WalCommit mark = first == null ? null : first.trailingMark();
    boolean over =
        mark != null
            && mark.checkpoint().filter(headers.active().metaBlockPointer()::equals).isPresent();
    boolean running = mark != null && !over;
    if (second != null && mark == null) {
      second.noteLeftBehind();
    }
    long iteration = headers.active().iteration();
    commits = 0;
    if (first != null && over) {
      noteEnd(iteration - 1, first);
      commits = append(composed, second, 0);
    } else if (first != null) {
      commits = append(composed, first, 0);
      if (running && second != null && follows(second, iteration)) {
        if (composed.isEmpty() && second.commits() > 0) {
          composed.add(new Extent(first, 0, first.versionBytes(), 0));
        }
        commits += append(composed, second, second.versionBytes());
      }
    }
    extents = composed;
    return running;
  }

  /** Whether it takes the commits of a checkpoint that begins at this iteration; no older one's. */
  private static boolean follows(FollowedWal second, long iteration) {
    if (second.isLeftBehind()) {
      return false;
    }
    OptionalLong named = second.version().map(WalVersion::iteration).orElse(OptionalLong.empty());
    return named.isEmpty() || named.getAsLong() == iteration + 1;
  }

  private static long append(List<Extent> to, @Nullable FollowedWal wal, long from) {
    if (wal == null) {
      return 0;
    }
    for (FollowedWal.Stretch stretch : wal.stretches()) {
      long begin = Math.max(stretch.from(), from);
      if (begin < stretch.to()) {
        to.add(new Extent(wal, begin, stretch.to(), end(to)));
      }
    }
    return wal.commits();
  }

  private static long end(List<Extent> extents) {
    return extents.isEmpty() ? 0 : extents.get(extents.size() - 1).streamTo();
  }

  /**
   * Reads bytes of the stream as it was last looked at.
   *
   * @throws HeaderMovedException if the stream of that iteration is not there any more, or shorter
   */
  public synchronized void read(
      long iteration, long streamOffset, byte[] target, int offset, int length) throws IOException {
    if (view.iteration() != iteration) {
      throw new HeaderMovedException(
          files.wal() + ": iteration " + iteration + " is over, it is now " + view.iteration());
    }
    long at = streamOffset;
    long to = streamOffset + length;
    for (Extent extent : extents) {
      if (extent.streamTo() <= at || at >= to) {
        continue;
      }
      int part = (int) (Math.min(to, extent.streamTo()) - at);
      long position = extent.fileFrom() + at - extent.streamFrom();
      int into = offset + (int) (at - streamOffset);
      if (!extent.wal().read(position, target, into, part)) {
        break;
      }
      at += part;
    }
    if (at < to) {
      throw new HeaderMovedException(
          files.wal() + ": the stream ends before " + to + ", it was cut off meanwhile");
    }
  }

  /**
   * The blocks in the database file that commits of the stream name, and perhaps a few more.
   *
   * @param from offset, a commit's end or 0
   * @param to offset of a later commit's end
   * @return empty if it may be any
   */
  public synchronized Optional<RoaringBitmap> namedBlocks(long from, long to) {
    RoaringBitmap named = new RoaringBitmap();
    boolean known = true;
    for (Extent extent : extents) {
      long begin = Math.max(from, extent.streamFrom());
      long end = Math.min(to, extent.streamTo());
      if (begin < end) {
        long shift = extent.fileFrom() - extent.streamFrom();
        known &= extent.wal().addNamed(begin + shift, end + shift, named);
      }
    }
    return known ? Optional.of(named) : Optional.empty();
  }

  /**
   * How the last commits ended that were seen to end: what DuckDB had in its WAL when it made a
   * checkpoint. That checkpoint may hold more: DuckDB can commit what is large by a checkpoint
   * alone. Empty if none was seen to.
   */
  public synchronized Optional<EndedWal> ended() {
    return Optional.ofNullable(ended);
  }

  /** What a view showed is in the log: from here on {@link WalView#unchangedUpTo} counts anew. */
  public synchronized void committed(WalView shown) {
    if (view.iteration() == shown.iteration() && view.rewinds() == shown.rewinds()) {
      view =
          new WalView(
              view.iteration(),
              view.end(),
              Long.MAX_VALUE,
              view.rewinds(),
              view.commits(),
              view.draws(),
              view.present(),
              view.checkpointRunning());
    }
  }

  @Override
  public synchronized void close() throws IOException {
    FollowedWal oldMain = main;
    FollowedWal oldNext = next;
    main = null;
    next = null;
    extents = List.of();
    closeUnused(oldMain);
    closeUnused(oldNext);
  }
}
