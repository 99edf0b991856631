package io.haduck.core.follower;

import io.haduck.core.internal.duckdb.DatabaseFiles;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.LookMoment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * One copy of the database and what is known of it. Its content is that of a state of the log, but
 * for blocks that were being written when something failed: they may hold anything until they are
 * written again. For one thread.
 */
final class Copy {
  private final CopyFiles files;
  private final CopyJournal journal;
  private final CopyWal wal;
  private final FileSteps steps;

  /** The state whose blocks it holds; null if nothing is known. */
  private @Nullable LogState state;

  /** Blocks that may hold anything; null for all of them. */
  private @Nullable RoaringBitmap touched;

  /** When it was last whole; null while it is not. */
  private @Nullable FileStamp stamp;

  /** How much of the write-ahead log it was brought to last. */
  private WalReplay replay = WalReplay.WHOLE;

  private boolean givenAway;

  Copy(CopyFiles files, FileRights rights, FileSteps steps) {
    this.files = files;
    this.steps = steps;
    this.journal = new CopyJournal(files.journal());
    this.wal = new CopyWal(files, rights, steps);
  }

  CopyFiles files() {
    return files;
  }

  CopyWal wal() {
    return wal;
  }

  CopyJournal journal() {
    return journal;
  }

  /**
   * Takes up what was noted before.
   *
   * @param known the state after the changeset that the note names; null if the log does not tell
   */
  void takeUp(CopyCondition noted, @Nullable LogState known) throws IOException {
    givenAway = noted.givenAway();
    boolean asNoted =
        Files.exists(files.database())
            && (noted.stamp() == null || noted.stamp().equals(FileStamp.of(files.database())));
    state = asNoted ? known : null;
    touched = state == null ? null : noted.touched();
    stamp = null; // until it was brought to a state and proven
  }

  /** Notes that these blocks are about to be written. */
  void soil(UUID lineage, @Nullable RoaringBitmap blocks) throws IOException {
    RoaringBitmap all = touched;
    stamp = null;
    givenAway = false;
    touched = all == null || blocks == null ? null : RoaringBitmap.or(all, blocks);
    steps.before("note that the copy is written to");
    LogPosition position = state == null ? LogPosition.START : state.position();
    journal.write(CopyCondition.dirty(lineage, position, touched));
  }

  /**
   * Notes that it is whole.
   *
   * @param current when that was known to be all that there is
   */
  void whole(LogState now, WalReplay how, String replica, LookMoment current) throws IOException {
    FileStamp found = FileStamp.of(files.database());
    Path log = files.wal().wal();
    var kept =
        new KeptState(
            replica,
            how,
            Files.exists(log) ? FileStamp.of(log) : null,
            new Newest(now, 0, how != WalReplay.NONE, current).shown().followed(),
            current.wallMillis());
    steps.before("note that the copy is whole");
    journal.write(CopyCondition.whole(now.lineage(), now.position(), found, kept));
    state = now;
    touched = new RoaringBitmap();
    stamp = found;
    replay = how;
  }

  /** Whether it holds that state and nothing else. */
  boolean isAt(LogPosition position, WalReplay how) {
    LogState at = state;
    return stamp != null && replay == how && at != null && at.position().equals(position);
  }

  boolean isWhole() {
    return stamp != null;
  }

  /** Whether nobody has written to the file since it was whole. */
  boolean isUntouched() throws IOException {
    return stamp != null && stamp.equals(FileStamp.of(files.database()));
  }

  /** The state whose blocks it holds; null if nothing is known. */
  @Nullable LogState state() {
    return state;
  }

  /** Blocks that may hold anything; null for all of them. */
  @Nullable RoaringBitmap touched() {
    return touched;
  }

  long seq() {
    LogState at = state;
    return at == null ? 0 : at.position().seq();
  }

  WalReplay replay() {
    return replay;
  }

  /** Something proved wrong: all of it is looked at again. */
  void doubt() {
    state = null;
    touched = null;
    stamp = null;
  }

  /** It is somebody else's from now on, and never written to here again while it lies there. */
  void giveAway() throws IOException {
    LogState at = state;
    givenAway = true;
    if (at != null) {
      journal.write(CopyCondition.givenAway(at.lineage(), at.position()));
    }
    doubt();
  }

  /** Whether it is somebody else's, who has not taken it away. */
  boolean isGivenAway() {
    return givenAway && isPresent();
  }

  /** Whether DuckDB, or anybody else of this process, has it open. */
  boolean isOpen() throws IOException {
    try {
      OptionalInt open = DatabaseFiles.descriptorsInThisProcess(files.database());
      return open.isEmpty() || open.getAsInt() > 0;
    } catch (NoSuchFileException e) {
      return false; // given away, it was renamed a moment ago
    }
  }

  /** Whether there is anything of it on the disk. */
  boolean isPresent() {
    return Files.exists(files.database());
  }

  /** Makes its directory. */
  void prepare() throws IOException {
    if (!Files.isDirectory(files.directory())) {
      steps.before("make the copy's directory");
      Files.createDirectories(files.directory());
    }
  }

  @Override
  public String toString() {
    return files.database().toString();
  }
}
