package io.haduck.core.internal.fetch;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What to say of a place in a store where no database is: what is there instead. */
public final class EmptyReplica {
  private static final int MOST_NAMES = 5;
  private static final int MOST_LISTINGS = 20;
  private static final String WHERE =
      ". The objects of a database are at {replica}/{name}/log/…: check location and name";

  private EmptyReplica() {}

  /**
   * Requires that a database is there.
   *
   * @throws DivergedException if none is; says what is there instead
   */
  public static void refuse(ObjectStore store, Retries retries) {
    if (retries.run(() -> store.list(LogKeys.CHANGESETS, "", 1)).objects().isEmpty()) {
      throw new DivergedException(text(store));
    }
  }

  /** Lists a few objects. */
  public static String text(ObjectStore store) {
    Set<String> names = new LinkedHashSet<>();
    String other = "";
    String after = "";
    for (int i = 0; i < MOST_LISTINGS && names.size() < MOST_NAMES; i++) {
      Optional<String> found = firstKey(store.list("", after, 1));
      if (found.isEmpty()) {
        break;
      }
      String key = found.get();
      int log = key.indexOf("/" + LogKeys.CHANGESETS);
      if (log > 0) {
        names.add(key.substring(0, log));
        after = key.substring(0, log) + "/~"; // behind all that belongs to it
      } else {
        other = other.isEmpty() ? key : other;
        int slash = key.indexOf('/');
        after = slash < 0 ? key : key.substring(0, slash) + "/~";
      }
    }
    if (!names.isEmpty()) {
      return store
          + " holds no database itself, but below it there "
          + (names.size() == 1 ? "is " : "are ")
          + String.join(", ", names)
          + (names.size() == MOST_NAMES ? " and perhaps more" : "")
          + ": name one (haduck.name, or the name of the file)";
    }
    String beside = beside(store);
    return store
        + (other.isEmpty()
            ? " is empty: nothing was ever replicated there, or it was deleted"
                + (beside.isEmpty() ? absence(store) : "")
            : " holds no database, but such as " + other)
        + WHERE
        + beside;
  }

  private static String absence(ObjectStore store) {
    return store.absence().map(text -> " (" + text + ": is a disk not mounted?)").orElse("");
  }

  /** For a slip in the name. */
  private static String beside(ObjectStore store) {
    List<String> names = store.namesBeside(LogKeys.CHANGESETS, MOST_NAMES);
    return names.isEmpty()
        ? ""
        : ". Beside it there "
            + (names.size() == 1 ? "is " : "are ")
            + String.join(", ", names)
            + (names.size() == MOST_NAMES ? " and perhaps more" : "");
  }

  private static Optional<String> firstKey(Listing page) {
    return page.objects().stream().map(Listing.Entry::key).findFirst();
  }
}
