package io.haduck.core.internal.log;

import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Keys of one kind, which sort by the number in them: asked for one by one, or the last one of them
 * without listing all. What is no such key is passed over.
 *
 * @param prefix with which they begin
 * @param keyOf the key of a number, also of 0, which no object has
 * @param numberOf of a key; empty if it is not exactly one
 */
public record NumberedKeys(
    String prefix, LongFunction<String> keyOf, Function<String, OptionalLong> numberOf) {
  /** {@code log/}. */
  static final NumberedKeys CHANGESETS =
      new NumberedKeys(LogKeys.CHANGESETS, LogKeys::changeset, LogKeys::changesetSeq);

  /** {@code snapshot/}. */
  static final NumberedKeys SNAPSHOTS =
      new NumberedKeys(LogKeys.SNAPSHOTS, LogKeys::snapshot, LogKeys::snapshotSeq);

  /** As many as one request can show. */
  private static final int PAGE = 1000;

  /**
   * The first one behind a number. One request, as a rule.
   *
   * @return empty if there is none
   */
  public Optional<LogEntry> first(ObjectStore store, long after) {
    return page(store, after, 1).entries().stream().findFirst();
  }

  /**
   * The last one in a range: a few requests if it is among the first 1,000 there, else twice the
   * binary logarithm of how many there are. Whatever numbers are missing.
   *
   * @param after the range begins behind it
   * @param upTo the range ends with it
   * @return empty if there is none; else nothing was behind it, up to {@code upTo}, when this
   *     looked last
   */
  public Optional<LogEntry> last(ObjectStore store, long after, long upTo) {
    LogEntry best = null;
    long low = after;
    while (low < upTo) {
      Page page = page(store, low, PAGE);
      LogEntry last = lastUpTo(page.entries(), upTo);
      best = last == null ? best : last;
      if (last == null
          || last.seq() < page.entries().get(page.entries().size() - 1).seq()
          || !page.truncated()) {
        return Optional.ofNullable(best);
      }
      low = last.seq();
      LogEntry found = near(store, low, upTo);
      if (found != null) {
        best = found;
        low = found.seq();
      }
    }
    return Optional.ofNullable(best);
  }

  /** One in a range with few numbers behind it up to its end; null if it is the given one. */
  private @Nullable LogEntry near(ObjectStore store, long after, long upTo) {
    LogEntry found = null;
    long low = after;
    long high = upTo;
    for (long step = PAGE; upTo - low > step; step = Math.min(2 * step, Long.MAX_VALUE / 4)) {
      LogEntry probe = first(store, low + step).filter(it -> it.seq() <= upTo).orElse(null);
      if (probe == null) {
        high = low + step;
        break;
      }
      found = probe;
      low = probe.seq();
    }
    while (high - low > PAGE) {
      long middle = low + (high - low) / 2;
      LogEntry probe = first(store, middle).filter(it -> it.seq() <= upTo).orElse(null);
      if (probe == null) {
        high = middle;
      } else {
        found = probe;
        low = probe.seq();
      }
    }
    return found;
  }

  private static @Nullable LogEntry lastUpTo(List<LogEntry> entries, long upTo) {
    for (int i = entries.size() - 1; i >= 0; i--) {
      if (entries.get(i).seq() <= upTo) {
        return entries.get(i);
      }
    }
    return null;
  }

  /**
   * Some that follow each other in the store.
   *
   * @param truncated whether there may be more behind them
   */
  private record Page(List<LogEntry> entries, boolean truncated) {}

  /** As many as asked for, unless there are fewer. */
  private Page page(ObjectStore store, long after, int limit) {
    List<LogEntry> entries = new ArrayList<>(limit);
    String startAfter = keyOf.apply(after);
    int ask = limit;
    while (true) {
      Listing listing = store.list(prefix, startAfter, ask);
      for (Listing.Entry object : listing.objects()) {
        startAfter = object.key();
        entry(object).filter(it -> entries.size() < limit).ifPresent(entries::add);
      }
      if (entries.size() == limit || !listing.truncated()) {
        return new Page(entries, entries.size() == limit || listing.truncated());
      }
      ask = PAGE; // not among others' objects one by one
    }
  }

  /** What an object of a listing is; empty if it is none of these. */
  Optional<LogEntry> entry(Listing.Entry object) {
    OptionalLong number = numberOf.apply(object.key());
    return number.isEmpty()
        ? Optional.empty()
        : Optional.of(new LogEntry(number.getAsLong(), object.length()));
  }
}
