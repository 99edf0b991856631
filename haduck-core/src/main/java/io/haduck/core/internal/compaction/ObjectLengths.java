package io.haduck.core.internal.compaction;

import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * How long objects are. Those that are not known are listed: no more pages than there are unknown
 * objects, and none in which there is no such object. For one thread.
 */
final class ObjectLengths {
  private final ObjectStore store;
  private Map<String, Long> known = new HashMap<>();

  ObjectLengths(ObjectStore store) {
    this.store = store;
  }

  /**
   * Returns the lengths of these; what is not there is left out. Everything else is forgotten.
   *
   * @throws io.haduck.core.UnavailableException if the store does not answer
   */
  Map<String, Long> of(Collection<String> keys) {
    Map<String, Long> found = new HashMap<>();
    NavigableSet<String> unknown = new TreeSet<>();
    for (String key : keys) {
      Long length = known.get(key);
      if (length == null) {
        unknown.add(key);
      } else {
        found.put(key, length);
      }
    }
    while (!unknown.isEmpty()) {
      list(unknown, found);
    }
    known = found;
    return found;
  }

  /** Asks for one page, from the first unknown key on, and takes what it tells off the set. */
  private void list(NavigableSet<String> unknown, Map<String, Long> found) {
    String first = unknown.first();
    String prefix = first.startsWith(LogKeys.CHANGESETS) ? LogKeys.CHANGESETS : LogKeys.SEGMENTS;
    // The last character is a digit or letter: no key sorts between this and the first.
    String before = first.substring(0, first.length() - 1);
    Listing page = store.list(prefix, before);
    String last = first;
    for (Listing.Entry entry : page.objects()) {
      last = entry.key();
      if (unknown.contains(last)) {
        found.put(last, entry.length());
      }
    }
    boolean all = !page.truncated();
    for (Iterator<String> told = unknown.iterator(); told.hasNext(); ) {
      String key = told.next();
      if (!key.startsWith(prefix) || (!all && key.compareTo(last) > 0)) {
        break;
      }
      told.remove();
    }
  }
}
