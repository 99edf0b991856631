package io.haduck.core.internal.local;

import io.haduck.core.internal.duckdb.FileIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What stat says of a file in numbers that the record keeps, to be compared after a restart: is it
 * the same file, and was it written to? Takes one call of stat.
 *
 * @param device on which it lies
 * @param inode of it
 * @param size in bytes
 * @param mtimeNanos last modification, nanoseconds since 1970 by the file system's clock
 */
public record FileStamp(long device, long inode, long size, long mtimeNanos) {
  /**
   * Returns what one call of stat says; symbolic links are followed.
   *
   * @throws java.nio.file.NoSuchFileException if there is no such file
   * @throws IOException if it cannot be asked for
   */
  public static FileStamp of(Path file) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime");
    FileIdentity identity = FileIdentity.of(attributes);
    if (!(attributes.get("lastModifiedTime") instanceof FileTime modified)) {
      throw new IllegalStateException("File attribute lastModifiedTime is missing");
    }
    return new FileStamp(
        identity.device(),
        identity.inode(),
        FileIdentity.number(attributes, "size"),
        modified.to(TimeUnit.NANOSECONDS));
  }

  /** Whether both are of the same file, whatever was done to it. */
  public boolean isSameFile(FileStamp other) {
    return device == other.device && inode == other.inode;
  }
}
