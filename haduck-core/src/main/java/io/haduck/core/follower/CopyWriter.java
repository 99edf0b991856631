package io.haduck.core.follower;

import io.haduck.core.internal.duckdb.LentFile;
import io.haduck.core.internal.duckdb.WritableDatabaseFile;
import io.haduck.core.internal.fetch.FetchPlan;
import io.haduck.core.internal.fetch.RangeFetcher;
import io.haduck.core.internal.local.FileRights;
import io.haduck.core.internal.local.FileSteps;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockHash;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.LookMoment;
import io.haduck.core.internal.log.SliceReader;
import io.haduck.core.store.DurableDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * Brings a copy to a state of the log: writes the blocks that are not yet as they should be, then
 * the write-ahead log, then the headers, and notes before and after what the copy is. Blocks are
 * taken from other copies where these have them, else fetched; each is proven by its hash. If this
 * fails anywhere, the same blocks are written again the next time. For one thread.
 */
final class CopyWriter {
  private final String replica;
  private final RangeFetcher fetcher;
  private final FileRights rights;
  private final FileSteps steps;
  private final Ending ending;

  /**
   * Writes copies.
   *
   * @param replica that they are copies of, without secrets
   * @param rights of a copy's database
   * @param ending ends it before a change to a file, or while it compares blocks
   */
  CopyWriter(
      String replica, RangeFetcher fetcher, FileRights rights, FileSteps steps, Ending ending) {
    this.replica = replica;
    this.fetcher = fetcher;
    this.rights = rights;
    this.steps = steps;
    this.ending = ending;
  }

  /**
   * Brings a copy to a state.
   *
   * @param target belongs to the copy from then on
   * @param current when that state was known to be all that there is
   * @param others copies that may hold some of the bytes
   * @throws io.haduck.core.internal.duckdb.DatabaseInUseException if somebody has the copy open
   */
  void bring(Copy copy, LogState target, WalReplay replay, LookMoment current, List<Copy> others)
      throws IOException {
    create(copy);
    if (copy.isWhole() && !copy.isUntouched()) {
      copy.doubt(); // somebody else has written to it
    }
    if (copy.isAt(target.position(), replay)) {
      return;
    }
    try (WritableDatabaseFile file = WritableDatabaseFile.open(copy.files().database())) {
      LogState before = copy.state();
      RoaringBitmap wanted = wanted(copy, target);
      boolean all = copy.touched() == null || !sameGrid(before, target);
      boolean wasWhole = copy.isWhole();
      copy.soil(target.lineage(), all ? null : wanted);
      byte[] headers = target.headers().bytes();
      long length = headers.length + target.identity().blockCount() * target.identity().blockSize();
      boolean newHeaders =
          all || !wasWhole || before == null || !before.headers().equals(target.headers());
      boolean changed = newHeaders || !wanted.isEmpty() || file.size() != length;
      if (changed) {
        steps.before("write blocks");
        writeBlocks(file, target, wanted, all, others);
        steps.before("set the copy's length");
        file.setLength(length);
      }
      copy.wal().bring(target.wal(), replay, others.stream().map(Copy::wal).toList(), fetcher);
      if (changed) {
        steps.before("sync the blocks");
        file.sync();
      }
      if (newHeaders) {
        steps.before("write the headers");
        file.write(headers, 0, headers.length, 0);
        steps.before("sync the headers");
        file.sync();
      }
    }
    copy.whole(target, replay, replica, current);
  }

  private void create(Copy copy) throws IOException {
    Path database = copy.files().database();
    copy.prepare();
    if (!Files.exists(database)) {
      copy.doubt();
      steps.before("make the copy's file");
      rights.create(database).close();
      DurableDirectories.sync(copy.files().directory());
    }
  }

  private static boolean sameGrid(@Nullable LogState before, LogState target) {
    return before != null && before.identity().blockSize() == target.identity().blockSize();
  }

  /** The blocks of the target that the copy does not hold, or may not hold. */
  private static RoaringBitmap wanted(Copy copy, LogState target) {
    LogState before = copy.state();
    RoaringBitmap touched = copy.touched();
    if (before == null || touched == null || !sameGrid(before, target)) {
      return target.index().ids();
    }
    RoaringBitmap wanted = target.index().changedFrom(before.index());
    wanted.or(RoaringBitmap.and(touched, target.index().ids()));
    return wanted;
  }

  private void writeBlocks(
      WritableDatabaseFile file,
      LogState target,
      RoaringBitmap wanted,
      boolean mayHoldSome,
      List<Copy> others)
      throws IOException {
    RoaringBitmap missing = wanted.clone();
    int blockSize = target.identity().blockSize();
    if (mayHoldSome) {
      take(missing, target, blockSize, file::readUpTo, null);
    }
    for (Copy other : others) {
      LogState held = other.state();
      if (!missing.isEmpty() && other.isWhole() && held != null && sameGrid(held, target)) {
        RoaringBitmap same = missing.clone();
        same.andNot(target.index().changedFrom(held.index()));
        missing.andNot(same);
        try (LentFile source = LentFile.ofDatabase(other.files().database())) {
          take(same, target, blockSize, source::readUpTo, file);
        }
        missing.or(same); // what was not as it should be
      }
    }
    try (var compression = new BlockCompression()) {
      var reader = new SliceReader(compression);
      fetcher.fetch(
          FetchPlan.of(target.index(), missing),
          () ->
              (wanting, stored) -> {
                var content = wanting.content(target.index(), blockSize);
                byte[] raw = reader.read(wanting.slice(), content, stored, 0);
                file.write(raw, 0, raw.length, position(target, wanting.blockId()));
              });
    }
  }

  /** Reads from a database file. */
  private interface Source {
    int readUpTo(long position, byte[] target, int offset, int length) throws IOException;
  }

  /**
   * Removes the blocks from a set that a file has.
   *
   * @param to where they are written; null if that is the same file
   */
  private void take(
      RoaringBitmap missing,
      LogState target,
      int blockSize,
      Source source,
      @Nullable WritableDatabaseFile to)
      throws IOException {
    byte[] block = new byte[blockSize];
    RoaringBitmap taken = new RoaringBitmap();
    for (IntIterator ids = missing.getIntIterator(); ids.hasNext(); ) {
      ending.refuse();
      int id = ids.next();
      long position = position(target, id);
      if (source.readUpTo(position, block, 0, blockSize) == blockSize
          && target.index().hashEquals(id, BlockHash.of(block))) {
        if (to != null) {
          to.write(block, 0, blockSize, position);
        }
        taken.add(id);
      }
    }
    missing.andNot(taken);
  }

  private static long position(LogState state, int blockId) {
    return state.headers().bytes().length + (long) blockId * state.identity().blockSize();
  }
}
