package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import java.util.Optional;

/**
 * The objects of names, one by one. Each write is conditional, and one whose answer was lost is
 * settled by reading back all bytes. Safe for any thread.
 */
final class NameObjects {
  private final ObjectStore store;
  private final Retries retries;

  NameObjects(ObjectStore store, Retries retries) {
    this.store = store;
    this.retries = retries;
  }

  /**
   * An object at some moment.
   *
   * @param record what it says
   * @param etag its entity tag
   */
  record Seen(NameRecord record, String etag) {
    boolean is(Hold hold) {
      return record.hold() == hold;
    }
  }

  /** Reads one; empty if there is none. */
  Optional<Seen> read(StateName name) {
    return retries.run(() -> readOnce(name));
  }

  private Optional<Seen> readOnce(StateName name) {
    try (StoredObject object = store.get(name.key())) {
      if (object.length() > NameFormat.LONGEST) {
        throw new CorruptDataException(
            object.name() + " has " + object.length() + " bytes, and names have less");
      }
      NameRecord record = NameFormat.decode(object.readAll(), object.name(), name);
      return Optional.of(new Seen(record, object.etag()));
    } catch (MissingObjectException e) {
      return Optional.empty();
    }
  }

  /**
   * Creates one if there is none.
   *
   * @return what is there now, this one or another
   * @throws UnavailableException if it is not known whether it was written
   */
  Seen create(NameRecord record) {
    return retries.run(
        () -> {
          PutResult result = store.putIfAbsent(record.name().key(), body(record));
          return done(result, record)
              .or(() -> readOnce(record.name()))
              .orElseThrow(() -> unknown(record, result));
        });
  }

  /**
   * Replaces one if nobody else has meanwhile.
   *
   * @return what is there now, the next one or another; empty if nothing is
   * @throws UnavailableException if it is not known whether it was written
   */
  Optional<Seen> replace(Seen seen, NameRecord next) {
    return retries.run(
        () -> {
          PutResult result = store.putIfMatch(next.name().key(), body(next), seen.etag());
          Optional<Seen> done = done(result, next);
          if (done.isPresent()) {
            return done;
          }
          Optional<Seen> now = readOnce(next.name());
          if (now.isPresent() && now.get().etag().equals(seen.etag())) {
            throw unknown(next, result);
          }
          return now;
        });
  }

  private static ObjectBody body(NameRecord record) {
    return ObjectBody.of(NameFormat.encode(record));
  }

  private static Optional<Seen> done(PutResult result, NameRecord written) {
    String etag = result.etag();
    return result.outcome() == Outcome.DONE && etag != null
        ? Optional.of(new Seen(written, etag))
        : Optional.empty();
  }

  private UnavailableException unknown(NameRecord record, PutResult result) {
    Throwable cause = result.cause();
    return new UnavailableException(
        "it is not known whether "
            + store
            + "/"
            + record.name().key()
            + " was written"
            + (cause == null ? "" : " (" + cause.getMessage() + ")"),
        cause);
  }
}
