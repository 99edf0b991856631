package io.haduck.core.store;

import io.haduck.core.InvalidConfigurationException;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/** Opens {@code file:/directory}; it has no settings. */
public final class FileObjectStoreProvider implements ObjectStoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public FileObjectStoreProvider() {}

  @Override
  public String scheme() {
    return "file";
  }

  @Override
  public ObjectStore open(ReplicaLocation location, Map<String, String> settings) {
    if (!FileSystems.getDefault().supportedFileAttributeViews().contains("unix")) {
      throw new InvalidConfigurationException(
          "replica '"
              + location
              + "': file: needs a POSIX file system (inode numbers, hard links), which this platform"
              + " does not offer; use an s3: replica");
    }
    try {
      return new FileObjectStore(Path.of(location.path()));
    } catch (InvalidPathException e) {
      throw new InvalidConfigurationException(
          "replica '" + location + "' is not a directory name: " + e.getReason(), e);
    }
  }
}
