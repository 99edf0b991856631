package io.haduck.core.internal.log;

import io.haduck.core.store.ObjectStore;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the place in a log where something ceases to be so that was so from its beginning, such as
 * a time that is not later. Twice the binary logarithm of the range in requests, whatever
 * changesets are missing there.
 */
final class LogSearch {
  /** So many are listed at once, and found among them. */
  private static final long PAGE = 1000;

  private final ObjectStore store;
  private final ChangesetHeads heads;

  LogSearch(ObjectStore store, ChangesetHeads heads) {
    this.store = store;
    this.heads = heads;
  }

  /**
   * A place between two changesets.
   *
   * @param last of which it still is so; null if of none
   * @param next of which it is not, the first one that is there; null if of none
   */
  record Border(@Nullable DecodedChangeset last, @Nullable DecodedChangeset next) {
    /** Whether none is missing between the two. */
    boolean isUnbroken() {
      return last == null || next == null || next.changeset().seq() == last.changeset().seq() + 1;
    }
  }

  /**
   * Searches the changesets in a range.
   *
   * @param after the range begins behind it
   * @param upTo the range ends with it
   * @param holds for those before some place, and for none behind it
   */
  Border find(long after, long upTo, Predicate<Changeset> holds) {
    DecodedChangeset last = null;
    DecodedChangeset next = null;
    long low = after; // it holds up to here
    long high = upTo + 1; // what is there from here on begins with next
    while (high - low > PAGE) {
      long middle = low + (high - low) / 2;
      long end = high;
      Optional<LogEntry> found =
          NumberedKeys.CHANGESETS.first(store, middle - 1).filter(it -> it.seq() < end);
      if (found.isEmpty()) {
        high = middle;
        continue;
      }
      DecodedChangeset read = heads.read(found.get());
      if (holds.test(read.changeset())) {
        low = found.get().seq();
        last = read;
      } else {
        high = middle;
        next = read;
      }
    }
    List<LogEntry> near = LogListing.changesets(store, low, high - 1).entries();
    return among(near, heads::read, holds, new Border(last, next));
  }

  /**
   * Searches some changesets.
   *
   * @param seqs of them, ascending
   * @param holds for those before some place, and for none behind it
   * @param next what follows them; null if nothing does
   */
  Border among(List<Long> seqs, Predicate<Changeset> holds, @Nullable DecodedChangeset next) {
    return among(seqs, heads::read, holds, new Border(null, next));
  }

  private static <T> Border among(
      List<T> all, Function<T, DecodedChangeset> read, Predicate<Changeset> holds, Border around) {
    Border border = around;
    int from = 0;
    int to = all.size();
    while (from < to) {
      int middle = (from + to) >>> 1;
      DecodedChangeset found = read.apply(all.get(middle));
      if (holds.test(found.changeset())) {
        border = new Border(found, border.next());
        from = middle + 1;
      } else {
        border = new Border(border.last(), found);
        to = middle;
      }
    }
    return border;
  }
}
