package io.haduck.core.internal.duckdb;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * One WAL file, parsed as far as it was committed when it was last looked at, each byte once.
 *
 * <p>It is held open, so its inode cannot become another file's. What DuckDB takes back, it takes
 * back at the end: when the sync of a commit fails, that commit's bytes disappear, though they
 * could be seen already (docs/internals/duckdb-files.md#the-write-ahead-log), and others may come
 * in their place. The commits before it were synced. So the bytes of the last commit are compared
 * at each look, unless stat proves that nothing was written since they were read.
 *
 * <p>Not thread-safe; {@link IterationWal} guards it.
 */
final class FollowedWal implements AutoCloseable {
  private static final int CHUNK_BYTES = 64 << 10;

  private final Object key;
  private final String name;
  private final WalChannel channel;
  private boolean leftBehind;
  private boolean ended;
  private WriteAheadLog reader;
  private final List<Stretch> stretches = new ArrayList<>();
  private final List<NamedBlocks> named = new ArrayList<>();
  private long commits;
  private long draws;
  private long lastStart;
  private long lastEnd;
  private @Nullable WalCommit lastMark;
  private byte[] lastHash = new byte[0];
  private @Nullable FileStat parsedAt;

  /** Bytes of the file that belong to the stream: the version record and commits, but no marks. */
  record Stretch(long from, long to) {}

  /** Blocks that the commit which ends at a position names; empty if it may be any. */
  private record NamedBlocks(long end, Optional<RoaringBitmap> blocks) {}

  private FollowedWal(String name, Object key, WalChannel channel) throws IOException {
    this.name = name;
    this.key = key;
    this.channel = channel;
    this.reader = WriteAheadLog.open(channel, name);
  }

  /**
   * Opens a file that was just looked at.
   *
   * @param stat of it
   * @return null if the path names another file by now, or none, or if it was written to meanwhile
   */
  static @Nullable FollowedWal open(Path path, FileStat stat, ObservationSteps steps)
      throws IOException {
    WalChannel channel;
    try {
      channel = new WalChannel(path, steps);
    } catch (FileNotFoundException e) {
      return null;
    }
    boolean opened = false;
    try {
      // Whichever file was opened, its inode cannot be another's any more. But that of the file
      // that
      // was looked at can: if that was deleted and another one opened here, a third one may have
      // its
      // inode by now. It does not have its time as well.
      if (!stat.equals(FileStat.of(path, steps))) {
        return null;
      }
      var followed = new FollowedWal(path.toString(), stat.key(), channel);
      opened = true;
      return followed;
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  /**
   * Whether what was parsed still stands; to be followed by {@link #follow}.
   *
   * @param stat of this file, taken before
   * @return the position from which on it is not what it was; {@link Long#MAX_VALUE} if only
   *     appended to
   */
  long changedFrom(FileStat stat) throws IOException {
    if (isParsed(stat) || lastEnd == 0 || lastCommitStands()) {
      return Long.MAX_VALUE;
    }
    long changedFrom = channel.size() < lastStart ? 0 : lastStart;
    forget();
    return changedFrom;
  }

  /**
   * Parses what has been added.
   *
   * @param stat of this file, taken before
   */
  void follow(FileStat stat) throws IOException {
    if (isParsed(stat)) {
      return;
    }
    if (reader.version().isEmpty()) {
      reader = WriteAheadLog.open(channel, name);
    }
    long endBefore = lastEnd;
    try {
      for (WalCommit commit = reader.next(); commit != null; commit = reader.next()) {
        add(commit);
      }
    } finally {
      if (lastEnd != endBefore) {
        lastHash = hashOfLast();
      }
    }
    parsedAt = stat;
  }

  /**
   * Whether nothing was written since it was parsed. Only a time stamp that was old already then
   * tells of later writes.
   */
  private boolean isParsed(FileStat stat) {
    FileStat before = parsedAt;
    return before != null && before.equals(stat) && before.isSettled();
  }

  private void add(WalCommit commit) {
    lastStart = commit.start();
    lastEnd = commit.end();
    if (commit.isCheckpointMark()) {
      lastMark = commit;
      return;
    }
    lastMark = null;
    commits++;
    draws += commit.drawsOnly() ? 1 : 0;
    int last = stretches.size() - 1;
    if (last < 0) {
      stretches.add(new Stretch(0, versionBytes()));
      last = 0;
    }
    Stretch open = stretches.get(last);
    if (open.to() == commit.start()) {
      stretches.set(last, new Stretch(open.from(), commit.end()));
    } else {
      stretches.add(new Stretch(commit.start(), commit.end()));
    }
    if (commit.rowGroupData()) {
      named.add(new NamedBlocks(commit.end(), commit.namedBlocks()));
    }
  }

  private boolean lastCommitStands() throws IOException {
    return channel.size() >= lastEnd && Arrays.equals(hashOfLast(), lastHash);
  }

  private byte[] hashOfLast() throws IOException {
    byte[] chunk = new byte[(int) Math.min(lastEnd - lastStart, CHUNK_BYTES)];
    MessageDigest sha256 = sha256();
    for (long at = lastStart; at < lastEnd; ) {
      int length = (int) Math.min(chunk.length, lastEnd - at);
      if (!read(at, chunk, 0, length)) {
        return new byte[0];
      }
      sha256.update(chunk, 0, length);
      at += length;
    }
    return sha256.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private void forget() throws IOException {
    stretches.clear();
    named.clear();
    commits = 0;
    lastStart = 0;
    lastEnd = 0;
    lastMark = null;
    parsedAt = null;
    reader = WriteAheadLog.open(channel, name);
  }

  /** What stat said just before it was parsed last; null if it was not, or must be again. */
  @Nullable FileStat parsedAt() {
    return parsedAt;
  }

  /** Whether it is the file that stat tells of. */
  boolean isFile(FileStat stat) {
    return key.equals(stat.key());
  }

  /**
   * It lay where a checkpoint's commits go although none was running: a crash has left it behind.
   * DuckDB deletes such a file before it makes another, so it never becomes part of a stream; as
   * long as it is held open here, its inode is no other file's.
   */
  void noteLeftBehind() {
    leftBehind = true;
  }

  boolean isLeftBehind() {
    return leftBehind;
  }

  /** Its commits have ended: DuckDB writes nothing to it any more. False if that was known. */
  boolean noteEnd() {
    boolean first = !ended;
    ended = true;
    return first;
  }

  /** Reads bytes of the file; false if it ends before. */
  boolean read(long position, byte[] target, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(target, offset, length);
    channel.position(position);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) <= 0) {
        return false;
      }
    }
    return true;
  }

  /** Length of the version record in bytes; 0 if it is not there yet. */
  long versionBytes() {
    return reader.version().map(WalVersion::bytes).orElse(0);
  }

  Optional<WalVersion> version() {
    return reader.version();
  }

  /** How many commits it holds, marks not counted. */
  long commits() {
    return commits;
  }

  /**
   * How many commits of nothing but sequence values were ever parsed; those that were taken back
   * count too.
   */
  long draws() {
    return draws;
  }

  /**
   * Parses what was added before DuckDB let go of the file.
   *
   * @return false if what was parsed before is not what the file holds
   */
  boolean followToEnd() throws IOException {
    if (lastEnd != 0 && !lastCommitStands()) {
      return false;
    }
    for (WalCommit commit = reader.next(); commit != null; commit = reader.next()) {
      add(commit);
    }
    return true;
  }

  /** Length in bytes of what belongs to the stream. */
  long streamLength() {
    return stretches.stream().mapToLong(stretch -> stretch.to() - stretch.from()).sum();
  }

  /** What belongs to the stream, ascending; the first one begins with the version record. */
  List<Stretch> stretches() {
    return stretches;
  }

  /** The mark with which it ends: a checkpoint has begun; null if something follows, or none. */
  @Nullable WalCommit trailingMark() {
    return lastMark;
  }

  /**
   * Adds the blocks that commits within a range name.
   *
   * @return false if that may be any
   */
  boolean addNamed(long from, long to, RoaringBitmap into) {
    boolean known = true;
    for (NamedBlocks one : named) {
      if (one.end() > from && one.end() <= to) {
        one.blocks().ifPresent(into::or);
        known &= one.blocks().isPresent();
      }
    }
    return known;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
