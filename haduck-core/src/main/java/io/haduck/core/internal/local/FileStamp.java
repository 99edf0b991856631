package io.haduck.core.internal.local;

import io.haduck.core.internal.duckdb.FileIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * What stat says of a file in numbers that the record keeps, to be compared after a restart: is it
 * the same file, and was it written to? Takes two calls of stat.
 *
 * @param device on which it lies
 * @param inode of it
 * @param size in bytes
 * @param mtimeNanos last modification, nanoseconds since 1970 by the file system's clock
 */
public record FileStamp(long device, long inode, long size, long mtimeNanos) {
  public static FileStamp of(Path file) throws IOException {
    FileIdentity identity = FileIdentity.of(file);
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return new FileStamp(
        identity.device(),
        identity.inode(),
        attributes.size(),
        attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
  }

  /** Whether both are of the same file, whatever was done to it. */
  public boolean isSameFile(FileStamp other) {
    return device == other.device && inode == other.inode;
  }
}
