package io.haduck.core.store;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A place that keeps objects by key, scoped to one replica: all keys are relative to it, such as
 * {@code log/00000000000000000001.changeset}.
 *
 * <p>Keys are names between single slashes; no name is empty, {@code .} or {@code ..}, or begins
 * with {@code .haduck-}. haduck's own are plain ASCII.
 *
 * <p>Implementations are safe for any number of threads. Every method may take as long as the
 * store's own time-outs and retries allow, or {@link #within} says. Errors are {@link
 * UnavailableException} (try again), {@link StoreAccessException} (bucket, credentials, permission)
 * and {@link MissingObjectException}. {@code toString} names the place without secrets.
 *
 * <p>The three writing methods report everything that may or may not have happened as {@link
 * PutResult.Outcome#UNKNOWN} instead of throwing, with the error as its cause; that includes a
 * store that does not answer. They throw a {@link StoreAccessException} only when nothing was
 * written. What is told as {@code UNKNOWN} may still happen later, while the request is under way.
 *
 * <p>Every answer carries the store's own time, since clocks of different machines are never
 * compared with each other. A read's is never later than the moment at which the answer was true;
 * it may be earlier.
 */
public interface ObjectStore extends AutoCloseable {
  /** The highest limit of a listing. */
  int MOST_LISTED = 1000;

  /** Creates or replaces an object. Outcomes: {@code DONE}, {@code UNKNOWN}. */
  PutResult put(String key, ObjectBody body);

  /**
   * Creates an object unless the key exists, atomically: of any number of concurrent callers at
   * most one is told {@code DONE}. Outcomes: {@code DONE}, {@code EXISTS}, {@code UNKNOWN}. A retry
   * inside the store's client can turn our own success into {@code EXISTS}; the caller settles that
   * by reading the object back.
   */
  PutResult putIfAbsent(String key, ObjectBody body);

  /**
   * Replaces an object if its entity tag is still {@code etag}, atomically. Outcomes: {@code DONE},
   * {@code MISMATCH} (another content is there), {@code MISSING} (no such key), {@code UNKNOWN}. As
   * with {@link #putIfAbsent}, our own success can become {@code MISMATCH}.
   */
  PutResult putIfMatch(String key, ObjectBody body, String etag);

  /**
   * Opens an object for reading; the caller closes it.
   *
   * @throws MissingObjectException if there is no such key
   */
  StoredObject get(String key);

  /**
   * Opens a part of an object for reading; the caller closes it. A range that reaches beyond the
   * end yields the bytes that are there, none if it begins there.
   *
   * @param offset in bytes, not negative
   * @param length in bytes, positive
   * @throws MissingObjectException if there is no such key
   */
  StoredObject getRange(String key, long offset, long length);

  /**
   * The first of the keys that begin with {@code prefix} and sort (by UTF-8 bytes) after {@code
   * startAfter}, in that order. Strongly consistent: an object that was created before the call is
   * listed, and one that was deleted before it is not.
   *
   * @param startAfter any text, whether there is such a key or not; the empty string to begin at
   *     the beginning
   * @param limit how many at most, from 1 to {@link #MOST_LISTED}; there may be fewer though more
   *     follow
   */
  Listing list(String prefix, String startAfter, int limit);

  /** As {@link #list(String, String, int)}, with the highest limit. */
  default Listing list(String prefix, String startAfter) {
    return list(prefix, startAfter, MOST_LISTED);
  }

  /**
   * Deletes objects; keys that do not exist are no error.
   *
   * @throws StoreAccessException if some could not be deleted; the message names the first
   * @throws UnavailableException if the store did not answer; some may be deleted
   */
  void deleteAll(Collection<String> keys);

  /**
   * Returns this store, less patient: no call of what is returned waits for longer than this until
   * the store answers, tries of the client's own included; what takes its time because it carries
   * much is given that in addition. What is given up has not been answered, so that a write is
   * {@code UNKNOWN}. The content of an object is read as patiently as before.
   *
   * <p>What is returned shares all else with this store, and closing either closes both.
   *
   * @param longest positive; if this is a limited store already, the shorter limit counts
   * @return this store itself if it cannot limit its calls, such as one on a file system
   */
  default ObjectStore within(Duration longest) {
    return this;
  }

  /**
   * Returns why there are no objects, where that is another thing than that none was written: the
   * place itself is not there. Asked to say what may be wrong, and never to decide anything.
   *
   * @return a clause; empty if the place is there, or is none that could be missing
   */
  default Optional<String> absence() {
    return Optional.empty();
  }

  /**
   * Names of places beside this one that hold such objects, for who may have mistyped the name of
   * this one. Best effort, and bounded in time: there may be more.
   *
   * @param prefix with which a key begins in such a place
   * @param most how many at most
   * @return sorted; empty also where that cannot be told. Never fails for what the store says
   */
  default List<String> namesBeside(String prefix, int most) {
    return List.of();
  }

  /**
   * Whether what is deleted stays as a noncurrent version, so that deleting alone frees nothing, as
   * far as the answers to writes have told.
   */
  default boolean keepsDeleted() {
    return false;
  }

  /** Releases connections and threads. Idempotent; other methods must not be called afterwards. */
  @Override
  void close();

  /** Reads a whole object into memory; the error for one that is longer names it. */
  default byte[] read(String key, int maxLength) {
    try (StoredObject object = get(key)) {
      if (object.length() > maxLength) {
        throw new CorruptDataException(
            this
                + "/"
                + key
                + " has "
                + object.length()
                + " bytes, more than the "
                + maxLength
                + " expected here");
      }
      return object.readAll();
    }
  }
}
