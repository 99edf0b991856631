package io.haduck.core.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the file system says about a file that holds an object: which version of the object it is,
 * and when it came there by the file system's clock.
 *
 * @param directory whether it is a directory
 * @param regular whether it is a regular file
 * @param length in bytes
 * @param etag which version of the object it is: inode, size and modification time. Not the change
 *     time, since the unlinking of the temporary name changes that of a finished object.
 * @param changed the change time (ctime): the file system's clock (a file server's, on a network),
 *     which nobody can set. A hard link updates it, while it keeps the modification time.
 */
record FileVersion(boolean directory, boolean regular, long length, String etag, Instant changed) {

  /** Follows symbolic links unless told otherwise. */
  static FileVersion of(Path file, LinkOption... options) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(
            file, "unix:ino,size,lastModifiedTime,ctime,isDirectory,isRegularFile", options);
    long length = (Long) value(attributes, "size");
    long modified = ((FileTime) value(attributes, "lastModifiedTime")).to(TimeUnit.NANOSECONDS);
    return new FileVersion(
        (Boolean) value(attributes, "isDirectory"),
        (Boolean) value(attributes, "isRegularFile"),
        length,
        value(attributes, "ino") + "-" + length + "-" + modified,
        ((FileTime) value(attributes, "ctime")).toInstant());
  }

  private static Object value(Map<String, Object> attributes, String name) throws IOException {
    Object value = attributes.get(name);
    if (value == null) {
      throw new IOException("the file system does not say a file's " + name);
    }
    return value;
  }
}
