package io.haduck.core.internal.fetch;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.ObjectPart;
import io.haduck.core.internal.log.ObjectSlice;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * One range, read from its first part to its last, each part handed over as soon as it is there.
 * What was handed over is not fetched again: where an answer breaks off, or a part is not what it
 * should be, the next request begins with that part. For one use by one thread.
 */
final class RangeReading<P extends ObjectPart> {
  private final ObjectStore store;
  private final ObjectRange<P> range;
  private final PartUse<P> use;
  private final PartBuffer buffer;
  private final AtomicLong bytesFetched;

  /** Which part comes next. */
  private int next;

  /**
   * A reading of one range.
   *
   * @param bytesFetched is added to as they come
   */
  RangeReading(
      ObjectStore store,
      ObjectRange<P> range,
      PartUse<P> use,
      PartBuffer buffer,
      AtomicLong bytesFetched) {
    this.store = store;
    this.range = range;
    this.use = use;
    this.buffer = buffer;
    this.bytesFetched = bytesFetched;
  }

  /**
   * Reads the range to its end.
   *
   * @param retries of requests that bring nothing at all
   * @param stop asked before each part: whether nobody wants the rest any more
   * @throws CorruptDataException if a part is twice not what it should be
   */
  void run(Retries retries, BooleanSupplier stop) throws IOException {
    int doubted = -1;
    boolean ended = false;
    while (!ended) {
      try {
        ended = retries.run(() -> readOn(stop), stop);
      } catch (CorruptDataException e) {
        if (next == doubted) {
          throw e;
        }
        doubted = next; // once more, should it have been damaged on its way
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
  }

  /**
   * Makes one request.
   *
   * @return whether it was the last; else it brought some parts and then broke off
   * @throws UnavailableException if it brought none
   */
  private boolean readOn(BooleanSupplier stop) {
    int before = next;
    long from = range.parts().get(before).slice().offset();
    long end = range.offset() + range.length();
    try (StoredObject object = store.getRange(range.objectKey(), from, end - from)) {
      if (object.length() != end - from) {
        throw endsAt(from + object.length());
      }
      read(object, from, stop);
      return true;
    } catch (MissingObjectException e) {
      throw new MissingObjectException(
          e.getMessage()
              + ". The log says that data lie there: restore a deleted version of the object, or restore to"
              + " a seq that does not need it",
          e);
    } catch (UnavailableException e) {
      if (next == before) {
        throw e;
      }
      return next == range.parts().size();
    }
  }

  private void read(StoredObject object, long from, BooleanSupplier stop) {
    long at = from;
    while (next < range.parts().size() && !stop.getAsBoolean()) {
      P part = range.parts().get(next);
      ObjectSlice slice = part.slice();
      byte[] stored = buffer.ofAtLeast(slice.storedLength());
      object.skip(slice.offset() - at);
      object.readFully(stored, 0, slice.storedLength());
      bytesFetched.addAndGet(slice.end() - at);
      at = slice.end();
      try {
        use.accept(part, stored);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      next++;
    }
  }

  private CorruptDataException endsAt(long found) {
    return new CorruptDataException(
        store
            + "/"
            + range.objectKey()
            + " ends at "
            + found
            + ", the log says that data lie up to "
            + (range.offset() + range.length())
            + "; restore an undamaged version of the object, or restore to a seq that does not need it");
  }
}
