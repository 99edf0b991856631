package io.haduck.core.store;

import io.haduck.core.HaduckException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Locale;

/** Says what a failure of the file system means for an object store, and what to do about it. */
final class FileFailure {
  /** Less than this, and a failed write is put down to it. */
  private static final long LITTLE_SPACE = 64L << 20;

  private FileFailure() {}

  /**
   * Returns the error for a failure.
   *
   * @param what such as {@code writing file:/backup/db/lease}
   * @param directory an existing or wanted directory of the store
   */
  static HaduckException of(String what, Path directory, IOException failure) {
    String reason = reason(failure);
    String message = what + " failed: " + reason;
    if (failure instanceof AccessDeniedException denied) {
      return new StoreAccessException(
          message + ": permission denied. " + DeniedPath.of(what, denied, directory).text(),
          failure);
    }
    if (failure instanceof FileAlreadyExistsException || meansNoDirectory(failure)) {
      return new StoreAccessException(
          message + ": a file is where a directory belongs; move it away", failure);
    }
    if (lower(reason).contains("read-only file system")) {
      return new StoreAccessException(
          message + "; mount it writable or choose another directory", failure);
    }
    if (lower(reason).contains("operation not permitted")) {
      return new StoreAccessException(
          message
              + "; "
              + directory
              + " or a directory above it may be immutable, or its file system may not allow it",
          failure);
    }
    if (lower(reason).contains("file name too long")) {
      return new StoreAccessException(
          message + "; choose a shorter directory or haduck.name", failure);
    }
    return new UnavailableException(message + spaceHint(directory, reason), failure);
  }

  /** Returns whether a file is where a path has a directory. */
  static boolean meansNoDirectory(IOException failure) {
    return failure instanceof NotDirectoryException
        || lower(reason(failure)).contains("not a directory");
  }

  /** Returns whether a hard link failed because this file system has none. */
  static boolean meansNoHardLinks(IOException failure) {
    String reason = lower(reason(failure));
    return reason.contains("operation not permitted")
        || reason.contains("not supported")
        || reason.contains("not implemented")
        || reason.contains("cross-device");
  }

  private static String spaceHint(Path directory, String reason) {
    if (lower(reason).contains("quota")) {
      return "; raise the quota or free space in " + directory;
    }
    try {
      long usable = Files.getFileStore(existing(directory)).getUsableSpace();
      boolean full = lower(reason).contains("no space");
      return full || usable < LITTLE_SPACE
          ? "; " + usable + " bytes are free below " + directory + ", make room there"
          : "";
    } catch (IOException e) {
      return "";
    }
  }

  private static Path existing(Path directory) throws NoSuchFileException {
    for (Path at = directory; at != null; at = at.getParent()) {
      if (Files.exists(at)) {
        return at;
      }
    }
    throw new NoSuchFileException(directory.toString());
  }

  private static String reason(IOException failure) {
    if (failure instanceof FileSystemException named && named.getReason() != null) {
      return named.getFile() + ": " + named.getReason();
    }
    String message = failure.getMessage();
    if (failure instanceof AccessDeniedException && message != null) {
      return message; // the file
    }
    return failure instanceof FileSystemException || message == null
        ? failure.getClass().getSimpleName() + (message == null ? "" : " " + message)
        : message;
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
