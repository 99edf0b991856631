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
 * What stat says of a WAL file.
 *
 * @param key which file it is: device and inode
 * @param size in bytes
 * @param mtimeNanos last modification by the file system's clock
 * @param settled whether that was long enough ago that a later write shows in it
 */
record WalStat(Object key, long size, long mtimeNanos, boolean settled) {
  /** A time stamp can stand still for one tick of the kernel's clock, 10 ms at the most. */
  private static final long GRANULARITY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Null if there is no such file. */
  static @Nullable WalStat of(Path path, LookSteps steps) throws IOException {
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
    return new WalStat(key, attributes.size(), mtime, now - mtime > GRANULARITY_NANOS);
  }

  /** Whether both are of one file. */
  boolean isSameFile(@Nullable WalStat other) {
    return other != null && key.equals(other.key);
  }

  /** Whether both are of one file that has not been written to, as far as stat tells. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WalStat that
        && isSameFile(that)
        && size == that.size
        && mtimeNanos == that.mtimeNanos;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(size * 31 + mtimeNanos);
  }
}
