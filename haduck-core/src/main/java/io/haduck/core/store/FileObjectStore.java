package io.haduck.core.store;

import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
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
 * <p>{@link #put} and {@link #deleteAll} run under the lock file {@code .haduck-lock}. Creating
 * needs no lock, and {@link #putIfMatch} takes it only to tidy up: a process that is stopped within
 * it holds nobody else's up for longer than a second. Then the newest version of an object is
 * reached from its file by others, whose names begin with {@code .haduck-next-} (see {@code
 * FileSuccession}), and a listing shows length and time of an earlier one.
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
  private static final String LOCK = FileKeys.RESERVED + "lock";
  private static final Duration SHORT_PATIENCE = Duration.ofSeconds(1);
  private static final int DELETES_PER_LOCK = 1000;
  private static final int READ_ATTEMPTS = 1000;

  private final Path root;
  private final RandomGenerator random;
  private final Ticker ticker;
  private final DurableDirectories directories;

  /** By which stat names the root; null until it was there. */
  private volatile @Nullable Object rootKey;

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

  /** Gives a finished draft its name, or says why not. */
  @FunctionalInterface
  private interface Publication {
    PutResult.Outcome publish(DraftFile draft, FileVersion version, Path file) throws IOException;
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return write(key, body, (draft, version, file) -> locked(() -> replace(draft, file)));
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(key, body, (draft, version, file) -> draft.link(file));
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(
        key,
        body,
        (draft, version, file) -> {
          PutResult.Outcome underLock =
              FileLocks.holdingWithin(
                  SHORT_PATIENCE,
                  root.resolve(LOCK),
                  ticker,
                  () -> {
                    var outcome = FileSuccession.append(draft, version, file, etag);
                    FileSuccession.settle(file, random);
                    return outcome;
                  });
          return underLock == null ? FileSuccession.append(draft, version, file, etag) : underLock;
        });
  }

  private static PutResult.Outcome replace(DraftFile draft, Path file) throws IOException {
    FileSuccession.@Nullable End before = way(file);
    PutResult.Outcome outcome = draft.rename(file);
    if (before != null) {
      FileSuccession.remove(before);
    }
    return outcome;
  }

  /** Null if there is no such object; what is left of a way that nothing begins does no harm. */
  private static FileSuccession.@Nullable End way(Path file) {
    try {
      return FileSuccession.walk(file);
    } catch (IOException e) {
      return null;
    }
  }

  private PutResult write(String key, ObjectBody body, Publication publication) {
    Path file = FileKeys.file(root, key);
    Path directory = parent(file);
    requireRoot();
    boolean publishing = false;
    try (DraftFile draft = DraftFile.create(directories, directory, random)) {
      FileVersion version = draft.fill(body, random);
      publishing = true;
      PutResult.Outcome outcome = publication.publish(draft, version, file);
      if (outcome != PutResult.Outcome.DONE && outcome != PutResult.Outcome.EXISTS) {
        return PutResult.refused(outcome, version.changed());
      }
      Instant storeTime = changed(file, version);
      draft.removeTemporaryName();
      // Also if it exists: whoever wrote it may not have come to this yet, and it must stay so.
      DurableDirectories.sync(directory);
      return outcome == PutResult.Outcome.DONE
          ? PutResult.done(version.etag(), storeTime)
          : PutResult.refused(outcome, version.changed());
    } catch (IOException e) {
      if (e instanceof NoSuchFileException && !publishing) {
        requireRoot(); // it was there just now
      }
      HaduckException failure = FileFailure.of("writing " + name(key), directory, e);
      if (failure instanceof StoreAccessException && !publishing) {
        throw failure;
      }
      return PutResult.unknown(failure);
    } catch (UnavailableException e) {
      return PutResult.unknown(e);
    }
  }

  /**
   * A root that was there must not be made anew: its disk may be unmounted, and an empty directory
   * is no replica. One that is another (mounted again) must hold something.
   *
   * @throws StoreAccessException if it is gone
   */
  private void requireRoot() {
    Object known = rootKey;
    try {
      Object found = Files.readAttributes(root, BasicFileAttributes.class).fileKey();
      if (known != null
          && !known.equals(found)
          && FileListing.page(root, "", "", 1).objects().isEmpty()) {
        throw gone(null);
      }
      rootKey = found;
      directories.rootIsThere();
    } catch (NoSuchFileException e) {
      if (known != null) {
        throw gone(e);
      }
    } catch (IOException e) {
      if (known != null) {
        throw FileFailure.of("looking for " + this, root, e);
      } // else what is asked for says better what is wrong
    }
  }

  private StoreAccessException gone(@Nullable IOException cause) {
    return new StoreAccessException(
        "the directory of "
            + this
            + " was deleted, moved or unmounted while it was in use; it is not made anew. Bring it back, and it is used"
            + " again; if it is lost, move the database to another replica or haduck.name",
        cause);
  }

  /** When it got its name, unless it was replaced since. */
  private static Instant changed(Path file, FileVersion written) throws IOException {
    try {
      FileVersion now = FileSuccession.walk(file).version();
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
    requireRoot();
    try {
      for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
        FileSuccession.End end = FileSuccession.walk(file);
        FileVersion before = end.version();
        if (!before.regular()) {
          throw missing(key, null);
        }
        InputStream content = openAt(end, Math.min(offset, before.length()));
        if (content == null) {
          continue;
        }
        try {
          // The same before and after: so it is this version that was opened.
          if (end.stands()) {
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

  /** Null if the way to it was shortened. */
  private static @Nullable InputStream openAt(FileSuccession.End end, long offset)
      throws IOException {
    Path file = end.path();
    InputStream content;
    try {
      content = new FileInputStream(file.toFile());
    } catch (FileNotFoundException e) {
      if (!file.equals(end.file()) && !Files.exists(file)) {
        return null;
      }
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
  public Listing list(String prefix, String startAfter, int limit) {
    Listing.requireLimit(limit);
    requireRoot();
    try {
      return FileListing.page(root, prefix, startAfter, limit);
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
    var ways = new ArrayList<FileSuccession.End>();
    @Nullable IOException failure = null;
    for (Path file : files) {
      try {
        FileSuccession.End way = way(file);
        if (way != null && !Files.isDirectory(file) && Files.deleteIfExists(file)) {
          changed.add(parent(file));
          ways.add(way);
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
    for (FileSuccession.End way : ways) {
      FileSuccession.remove(way);
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public Optional<String> absence() {
    return FileSurroundings.absence(root);
  }

  @Override
  public List<String> namesBeside(String prefix, int most) {
    return FileSurroundings.namesBeside(root, prefix, most);
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
}
