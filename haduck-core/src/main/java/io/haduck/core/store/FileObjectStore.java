package io.haduck.core.store;

import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Objects as files below a directory, which may lie on another disk or on a file server.
 *
 * <p>An object is written aside under a name that begins with {@code .haduck-tmp-}, synced, and
 * only then given its name: by a hard link where the key must not exist, since only that is atomic
 * and shows readers no half object; by a rename where it may. Then the directory is synced, so
 * {@code DONE} survives a power cut. A killed process leaves its temporary file behind; listings do
 * not show it, and it may be deleted by hand when it is some hours old.
 *
 * <p>The three operations that replace or delete run under the lock file {@code .haduck-lock}, so
 * that the comparison and the renaming of {@link #putIfMatch} are one step. Creating needs no lock.
 *
 * <p>Store time is the file system's own clock as the change times of files tell it. For a write it
 * is the time of the write. For a read it is when the object got its name, and for a listing when
 * the directory last changed, which may be long ago; neither is ever later than the moment at which
 * the answer was true, and that is all a reader needs.
 *
 * <p>Entity tags are inode, size and modification time, the latter with random nanoseconds: an
 * inode number is used again at once, and several writes fit into one tick of the kernel's clock.
 *
 * <p>An interruption never ends a write half way: it only ends the waiting for the lock. The flag
 * stays set.
 */
public final class FileObjectStore implements ObjectStore {
  static final int PAGE_SIZE = 1000;
  private static final String TEMPORARY = FileKeys.RESERVED + "tmp-";
  private static final String LOCK = FileKeys.RESERVED + "lock";
  private static final int COPY_BYTES = 64 << 10;
  private static final int DELETES_PER_LOCK = 1000;
  private static final int READ_ATTEMPTS = 1000;

  private final Path root;
  private final RandomGenerator random;
  private final Ticker ticker;
  private final DurableDirectories directories;

  /**
   * A store in {@code directory}, which is created by the first write.
   *
   * @param directory made absolute if it is not
   */
  public FileObjectStore(Path directory) {
    this(directory, new SecureRandom(), Ticker.system());
  }

  FileObjectStore(Path directory, RandomGenerator random, Ticker ticker) {
    this.root = directory.toAbsolutePath().normalize();
    this.random = random;
    this.ticker = ticker;
    this.directories = new DurableDirectories(root);
  }

  /** Gives a synced temporary file its name, or refuses. */
  @FunctionalInterface
  private interface Publication {
    PutResult.Outcome publish(Path temporary, Path file) throws IOException;
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return write(
        key,
        body,
        (temporary, file) ->
            locked(
                () -> {
                  Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
                  return PutResult.Outcome.DONE;
                }));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(key, body, this::link);
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(
        key,
        body,
        (temporary, file) ->
            locked(
                () -> {
                  try {
                    if (!FileVersion.of(file).etag().equals(etag)) {
                      return PutResult.Outcome.MISMATCH;
                    }
                  } catch (NoSuchFileException e) {
                    return PutResult.Outcome.MISSING;
                  }
                  Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
                  return PutResult.Outcome.DONE;
                }));
  }

  private PutResult write(String key, ObjectBody body, Publication publication) {
    Path file = FileKeys.file(root, key);
    Path directory = parent(file);
    @Nullable Path temporary = null;
    boolean publishing = false;
    try {
      temporary = createTemporary(directory);
      fill(temporary, body);
      FileVersion version = FileVersion.of(temporary);
      publishing = true;
      PutResult.Outcome outcome = publication.publish(temporary, file);
      if (outcome == PutResult.Outcome.EXISTS) {
        // Whoever wrote it may not have come to this yet, and what exists must stay so.
        DurableDirectories.sync(directory);
      }
      if (outcome != PutResult.Outcome.DONE) {
        return PutResult.refused(outcome, version.changed());
      }
      Instant storeTime = changed(file, version);
      deleteQuietly(temporary);
      DurableDirectories.sync(directory);
      return PutResult.done(version.etag(), storeTime);
    } catch (IOException e) {
      HaduckException failure = FileFailure.of("writing " + name(key), directory, e);
      if (failure instanceof StoreAccessException && !publishing) {
        throw failure;
      }
      return PutResult.unknown(failure);
    } catch (UnavailableException e) {
      return PutResult.unknown(e);
    } finally {
      if (temporary != null) {
        deleteQuietly(temporary);
      }
    }
  }

  private PutResult.Outcome link(Path temporary, Path file) throws IOException {
    try {
      Files.createLink(file, temporary);
      return PutResult.Outcome.DONE;
    } catch (IOException | UnsupportedOperationException e) {
      // A file server repeats a request whose answer was lost, and finds its own success.
      if (isSame(temporary, file)) {
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

  private static boolean isSame(Path temporary, Path file) {
    try {
      return Files.isSameFile(temporary, file);
    } catch (IOException e) {
      return false;
    }
  }

  private Path createTemporary(Path directory) throws IOException {
    byte[] nonce = new byte[16];
    boolean again = false;
    while (true) {
      directories.ensure(directory);
      random.nextBytes(nonce);
      try {
        return Files.createFile(directory.resolve(TEMPORARY + HexFormat.of().formatHex(nonce)));
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

  /** Plain streams, since a thread's interruption closes channels. */
  private void fill(Path temporary, ObjectBody body) throws IOException {
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
  }

  /** When it got its name, unless it was replaced since. */
  private static Instant changed(Path file, FileVersion written) throws IOException {
    try {
      FileVersion now = FileVersion.of(file);
      return now.etag().equals(written.etag()) ? now.changed() : written.changed();
    } catch (NoSuchFileException e) {
      return written.changed();
    }
  }

  @Override
  public StoredObject get(String key) {
    return open(key, 0, Long.MAX_VALUE);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    if (offset < 0 || length <= 0) {
      throw new IllegalArgumentException("offset " + offset + ", length " + length);
    }
    return open(key, offset, length);
  }

  private StoredObject open(String key, long offset, long length) {
    Path file = FileKeys.file(root, key);
    try {
      for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
        FileVersion before = FileVersion.of(file);
        if (!before.regular()) {
          throw missing(key, null);
        }
        InputStream content = openAt(file, Math.min(offset, before.length()));
        try {
          // The same before and after: so it is this version that was opened.
          if (FileVersion.of(file).etag().equals(before.etag())) {
            long rest = Math.max(0, Math.min(length, before.length() - offset));
            var object =
                new StoredObject(
                    name(key),
                    new LimitedStream(content, rest),
                    rest,
                    before.etag(),
                    before.changed());
            content = InputStream.nullInputStream(); // now the caller's
            return object;
          }
        } finally {
          content.close();
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      throw missing(key, e);
    } catch (IOException e) {
      throw FileFailure.of("reading " + name(key), parent(file), e);
    }
    throw new UnavailableException(
        "reading " + name(key) + ": replaced " + READ_ATTEMPTS + " times while it was opened");
  }

  private static InputStream openAt(Path file, long offset) throws IOException {
    InputStream content;
    try {
      content = new FileInputStream(file.toFile());
    } catch (FileNotFoundException e) {
      FileVersion.of(file); // gone
      if (!Files.isReadable(file)) {
        throw new AccessDeniedException(file.toString());
      }
      throw e;
    }
    try {
      content.skipNBytes(offset);
      return content;
    } catch (IOException e) {
      content.close();
      throw e;
    }
  }

  private MissingObjectException missing(String key, @Nullable IOException cause) {
    return new MissingObjectException("there is no " + name(key), cause);
  }

  @Override
  public Listing list(String prefix, String startAfter) {
    try {
      return FileListing.page(root, prefix, startAfter, PAGE_SIZE);
    } catch (IOException e) {
      throw FileFailure.of("listing " + name(prefix), root, e);
    }
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    var files = new ArrayList<Path>();
    for (String key : keys) {
      files.add(FileKeys.file(root, key));
    }
    try {
      if (!Files.isDirectory(root)) {
        return;
      }
      for (int from = 0; from < files.size(); from += DELETES_PER_LOCK) {
        List<Path> some = files.subList(from, Math.min(files.size(), from + DELETES_PER_LOCK));
        locked(
            () -> {
              delete(some);
              return some;
            });
      }
    } catch (IOException e) {
      throw FileFailure.of("deleting in " + this, root, e);
    }
  }

  private static void delete(List<Path> files) throws IOException {
    Set<Path> changed = new LinkedHashSet<>();
    @Nullable IOException failure = null;
    for (Path file : files) {
      try {
        if (!Files.isDirectory(file) && Files.deleteIfExists(file)) {
          changed.add(parent(file));
        }
      } catch (NotDirectoryException e) {
        // a file where the key has a directory: so there is no such key
      } catch (IOException e) {
        failure = failure == null ? e : failure;
      }
    }
    for (Path directory : changed) {
      DurableDirectories.sync(directory);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Nothing is held open. */
  @Override
  public void close() {}

  @Override
  public String toString() {
    return "file:" + root;
  }

  private String name(String key) {
    return this + "/" + key;
  }

  private <T> T locked(FileLocks.Locked<T> action) throws IOException {
    return FileLocks.holding(root.resolve(LOCK), ticker, action);
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + " has no directory");
    }
    return parent;
  }

  private static void deleteQuietly(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // It is invisible and does no harm.
    }
  }
}
