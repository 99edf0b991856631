package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The manifests of one replica. What the newest one gave up is gone for good, whatever keys lie
 * there. Safe for any thread.
 */
public final class Manifests {
  private final ObjectStore store;
  private final Retries retries;
  private final NewestNumber newest;

  /**
   * Those in a store that is scoped to one replica.
   *
   * @param retries of whatever the store does not answer
   */
  public Manifests(ObjectStore store, Retries retries) {
    this.store = store;
    this.retries = retries;
    this.newest = new NewestNumber(store, retries);
  }

  /**
   * Reads the newest one.
   *
   * @return empty if there was none yet: everything exists that the log has
   * @throws CorruptDataException if it cannot be read: what exists is not known, and nothing may be
   *     deleted
   * @throws UnavailableException if the store does not answer
   */
  public Optional<Manifest> newest() {
    for (long number = newest.find(); number > 0; ) {
      String key = LogKeys.kept(number);
      try {
        byte[] bytes = retries.run(() -> store.read(key, ManifestFormat.LONGEST));
        return Optional.of(ManifestFormat.decode(bytes, store + "/" + key, number));
      } catch (MissingObjectException e) {
        long later = newest.find(); // an earlier one may be deleted when there is a later one
        if (later <= number) {
          throw new CorruptDataException(
              store + "/" + key + " is listed and not there; nothing may be deleted", e);
        }
        number = later;
      }
    }
    return Optional.empty();
  }

  /**
   * The number of the newest one, without reading it; 0 if there is none. One request, as a rule.
   *
   * @throws CorruptDataException if there are only earlier ones than there were
   */
  long newestNumber() {
    return newest.find();
  }

  /**
   * Writes the next one. After {@link UnavailableException} it may be there, or come to be there
   * late; that is no harm, since nothing is deleted before a later call says so: call this again
   * with the same one, or read the newest and plan again.
   *
   * @param before the newest, from which it was planned; null if there was none
   * @return whether it is the newest one now. If not, another one is: read that and plan again
   * @throws CorruptDataException if it would take back what was given up, or may not follow
   * @throws UnavailableException if it is not known whether it was written
   */
  public boolean create(@Nullable Manifest before, Manifest next) {
    if (before != null) {
      next.requireFollows(before);
    } else if (next.number() != 1) {
      throw new IllegalArgumentException(next.key() + " cannot be the first one");
    }
    byte[] bytes = ManifestFormat.encode(next);
    boolean ours = retries.run(() -> put(next.key(), bytes));
    // A key between may have been deleted, and then it is not the newest one that was created.
    return ours && !newest.isAbove(next.number());
  }

  private boolean put(String key, byte[] bytes) {
    PutResult result = store.putIfAbsent(key, ObjectBody.of(bytes));
    if (result.outcome() == PutResult.Outcome.DONE) {
      return true;
    }
    try {
      return Arrays.equals(store.read(key, ManifestFormat.LONGEST), bytes);
    } catch (MissingObjectException e) {
      Throwable cause = result.cause();
      throw new UnavailableException(
          "it is not known whether "
              + store
              + "/"
              + key
              + " was written"
              + (cause == null ? "" : " (" + cause.getMessage() + ")"),
          cause == null ? e : cause);
    }
  }

  /** Whether there is a later one: then nothing more may be deleted by the plan of this one. */
  public boolean isOvertaken(Manifest manifest) {
    return newest.isAbove(manifest.number());
  }

  @Override
  public String toString() {
    return store + "/" + LogKeys.KEPT;
  }
}
