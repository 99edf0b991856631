package io.haduck.core.store;

import io.haduck.core.StoreAccessException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * A file written aside, in the directory where it is to be: nobody looks at it until it is whole
 * and gets its name. Closing it removes what has not got one. For one thread.
 */
final class DraftFile implements AutoCloseable {
  private static final String TEMPORARY = FileKeys.RESERVED + "tmp-";
  private static final int COPY_BYTES = 64 << 10;

  private final Path temporary;

  private DraftFile(Path temporary) {
    this.temporary = temporary;
  }

  /** Creates an empty one, and the directory if need be. */
  static DraftFile create(DurableDirectories directories, Path directory, RandomGenerator random)
      throws IOException {
    byte[] nonce = new byte[16];
    boolean again = false;
    while (true) {
      directories.ensure(directory);
      random.nextBytes(nonce);
      try {
        return new DraftFile(
            Files.createFile(directory.resolve(TEMPORARY + HexFormat.of().formatHex(nonce))));
      } catch (NoSuchFileException e) {
        directories.forget(directory); // somebody deleted the directory
        if (again) {
          throw e;
        }
        again = true;
      } catch (FileAlreadyExistsException e) {
        // a clone of this machine draws the same random numbers: draw again
      }
    }
  }

  /** A second name for a file that is whole already, in the same directory. */
  static DraftFile linked(Path file, RandomGenerator random) throws IOException {
    byte[] nonce = new byte[16];
    random.nextBytes(nonce);
    Path name = file.resolveSibling(TEMPORARY + HexFormat.of().formatHex(nonce));
    Files.createLink(name, file);
    return new DraftFile(name);
  }

  /**
   * Writes and syncs the content. Through a plain stream, since a thread's interruption closes
   * channels.
   */
  FileVersion fill(ObjectBody body, RandomGenerator random) throws IOException {
    try (var out = new FileOutputStream(temporary.toFile())) {
      for (byte[] piece : body.pieces()) {
        // In parts, since the JVM copies what one call writes to memory of its own.
        for (int at = 0; at < piece.length; at += COPY_BYTES) {
          out.write(piece, at, Math.min(COPY_BYTES, piece.length - at));
        }
      }
      Instant modified = Files.getLastModifiedTime(temporary).toInstant();
      Files.setLastModifiedTime(
          temporary,
          FileTime.from(
              Instant.ofEpochSecond(modified.getEpochSecond(), random.nextInt(1_000_000_000))));
      out.getFD().sync();
    }
    return FileVersion.of(temporary);
  }

  /** Gives it the name {@code file}, unless that is taken: then it says so. */
  PutResult.Outcome link(Path file) throws IOException {
    try {
      Files.createLink(file, temporary);
      return PutResult.Outcome.DONE;
    } catch (IOException | UnsupportedOperationException e) {
      // A file server repeats a request whose answer was lost, and finds its own success.
      if (isSame(file)) {
        return PutResult.Outcome.DONE;
      }
      if (e instanceof FileAlreadyExistsException) {
        return PutResult.Outcome.EXISTS;
      }
      if (e instanceof AccessDeniedException || e instanceof NoSuchFileException) {
        throw (IOException) e;
      }
      if (e instanceof IOException failure && !FileFailure.meansNoHardLinks(failure)) {
        throw failure;
      }
      throw new StoreAccessException(
          "cannot create "
              + file
              + ": its file system made no hard link ("
              + e.getMessage()
              + "), and without hard links two writers could both believe to have created an object;"
              + " put the replica on a file system that has them (ext4, XFS, ZFS, APFS, NFS) or on"
              + " s3:",
          e);
    }
  }

  private boolean isSame(Path file) {
    try {
      return Files.isSameFile(temporary, file);
    } catch (IOException e) {
      return false;
    }
  }

  /** Gives it the name {@code file}, replacing what has it. */
  PutResult.Outcome rename(Path file) throws IOException {
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    return PutResult.Outcome.DONE;
  }

  @Override
  public void close() {
    removeTemporaryName();
  }

  /** The content stays if it has got another name. */
  void removeTemporaryName() {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // It is invisible and does no harm.
    }
  }
}
