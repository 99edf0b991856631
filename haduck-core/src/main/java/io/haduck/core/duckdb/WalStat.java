package io.haduck.core.duckdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What stat says of a WAL file.
 *
 * @param identity which file it is
 * @param size in bytes
 * @param mtimeNanos last modification by the file system's clock
 * @param settled whether that was long enough ago that a later write shows in it
 */
record WalStat(FileIdentity identity, long size, long mtimeNanos, boolean settled) {
  /** A time stamp can stand still for one tick of the kernel's clock, 10 ms at the most. */
  private static final long GRANULARITY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Null if there is no such file. */
  static @Nullable WalStat of(Path path) throws IOException {
    Map<String, Object> attributes;
    try {
      attributes = Files.readAttributes(path, "unix:dev,ino,size,lastModifiedTime");
    } catch (NoSuchFileException e) {
      return null;
    }
    if (!(attributes.get("lastModifiedTime") instanceof FileTime time)) {
      throw new IllegalStateException("File attribute lastModifiedTime is missing");
    }
    long mtime = time.to(TimeUnit.NANOSECONDS);
    long now = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    return new WalStat(
        FileIdentity.of(attributes),
        FileIdentity.number(attributes, "size"),
        mtime,
        now - mtime > GRANULARITY_NANOS);
  }

  /** Whether both are of one file that has not been written to, as far as stat tells. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WalStat that
        && identity.equals(that.identity)
        && size == that.size
        && mtimeNanos == that.mtimeNanos;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(size * 31 + mtimeNanos);
  }
}
