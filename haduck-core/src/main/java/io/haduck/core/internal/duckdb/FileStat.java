package io.haduck.core.internal.duckdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one call of stat says of a file, to be compared with the next call by the same process: so
 * cheap that it is asked after every SQL statement. What is compared after a restart needs the
 * numbers that {@link FileIdentity} asks for.
 *
 * @param key which file it is: device and inode
 * @param size in bytes
 * @param mtimeNanos last modification, nanoseconds since 1970 by the file system's clock
 * @param ageNanos for how long it had not been modified when it was asked, by this machine's clock;
 *     negative if the file system's is ahead
 */
public record FileStat(Object key, long size, long mtimeNanos, long ageNanos) {
  /** A time stamp can stand still for one tick of the kernel's clock, 10 ms at the most. */
  private static final long GRANULARITY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /**
   * Asks.
   *
   * @return null if there is no such file
   */
  public static @Nullable FileStat of(Path path, ObservationSteps steps) throws IOException {
    steps.before("stat", path);
    long now = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    }
    long mtime = attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    Object key = Objects.requireNonNull(attributes.fileKey(), "this system's files have no inodes");
    return new FileStat(key, attributes.size(), mtime, now - mtime);
  }

  /** Whether it was last modified so long before it was asked that a later write shows in it. */
  public boolean isSettled() {
    return ageNanos > GRANULARITY_NANOS;
  }

  /** Whether both are of one file. */
  boolean isSameFile(@Nullable FileStat other) {
    return other != null && key.equals(other.key);
  }

  /** Whether both are of one file that has not been written to, as far as stat tells. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FileStat that
        && isSameFile(that)
        && size == that.size
        && mtimeNanos == that.mtimeNanos;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(size * 31 + mtimeNanos);
  }
}
