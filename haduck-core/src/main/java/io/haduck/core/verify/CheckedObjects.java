package io.haduck.core.verify;

import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.fetch.EmptyReplica;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.WholeObject;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.StoredObject;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a listing of a replica showed, and reading of it: again while the store does not answer.
 * Takes some hundred bytes of memory for each object. For one thread.
 */
final class CheckedObjects {
  static final int ATTEMPTS = 6;

  /** They are read before the listing. */
  private static final List<String> OF_NAMES = List.of(LogKeys.KEPT, "point/", "pin/", "proof/");

  private final ObjectStore store;
  private final Retries retries;
  private final int longestKept;
  private final VerifyProgress progress;
  private final NavigableMap<Long, Long> changesets = new TreeMap<>();
  private final NavigableMap<Long, Long> snapshots = new TreeMap<>();
  private final NavigableMap<String, Long> segments = new TreeMap<>();
  private long totalBytes;
  private long read;
  private long bytes;

  /**
   * Of a store.
   *
   * @param longestKept objects up to this length are kept in memory while they are checked
   */
  CheckedObjects(
      ObjectStore store, Supplier<Backoff> backoffs, int longestKept, VerifyProgress progress) {
    this.longestKept = longestKept;
    this.store = store;
    this.retries = Retries.of(ATTEMPTS, backoffs);
    this.progress = progress;
  }

  /**
   * Lists everything, in the order of the keys: a changeset that is listed has its segments, which
   * were written before it and are listed after it.
   */
  void list(CheckFindings findings) {
    String after = "";
    while (true) {
      String from = after;
      Listing page = again(from, key -> store.list("", key));
      for (Listing.Entry object : page.objects()) {
        sort(object, findings);
        after = object.key();
      }
      if (!page.truncated()) {
        return;
      }
    }
  }

  private void sort(Listing.Entry object, CheckFindings findings) {
    String key = object.key();
    LogKeys.changesetSeq(key).ifPresent(seq -> changesets.put(seq, object.length()));
    LogKeys.snapshotSeq(key).ifPresent(seq -> snapshots.put(seq, object.length()));
    LogKeys.segmentSeq(key).ifPresent(seq -> segments.put(key, object.length()));
    if (LogKeys.changesetSeq(key).isPresent()
        || LogKeys.snapshotSeq(key).isPresent()
        || LogKeys.segmentSeq(key).isPresent()) {
      totalBytes += object.length();
    } else if (!key.equals("lease") && OF_NAMES.stream().noneMatch(key::startsWith)) {
      findings.note(key + " is not haduck's; it is ignored");
    }
  }

  /** Length by seq. */
  NavigableMap<Long, Long> changesets() {
    return changesets;
  }

  /** Length by seq. */
  NavigableMap<Long, Long> snapshots() {
    return snapshots;
  }

  /** Length by key. */
  NavigableMap<String, Long> segments() {
    return segments;
  }

  /** Returns what is there instead of a database. */
  String nothingThere() {
    return again("", none -> EmptyReplica.text(store));
  }

  /** Returns whether the listing showed a changeset or segment. */
  boolean has(String key) {
    var seq = LogKeys.changesetSeq(key);
    return seq.isPresent() ? changesets.containsKey(seq.getAsLong()) : segments.containsKey(key);
  }

  /** Reads an object to its end. */
  WholeObject whole(String key) {
    return again(
        key,
        name -> {
          try (StoredObject object = store.get(name)) {
            WholeObject whole = WholeObject.read(object, longestKept);
            bytes += whole.length();
            return whole;
          }
        });
  }

  /** Returns the first bytes of an object that was read whole: all that are kept, or so many. */
  byte[] head(String key, WholeObject object, long length) {
    byte[] kept = object.bytes();
    return kept != null ? kept : range(key, 0, length);
  }

  /** A range; what there is of it. */
  byte[] range(String key, long offset, long length) {
    return again(
        key,
        name -> {
          try (StoredObject part = store.getRange(name, offset, length)) {
            byte[] all = part.readAll();
            bytes += all.length;
            return all;
          }
        });
  }

  /** An object of any length in memory. */
  byte[] inMemory(String key) {
    return again(
        key,
        name -> {
          byte[] all = store.read(name, Integer.MAX_VALUE - 8);
          bytes += all.length;
          return all;
        });
  }

  /** Tells the progress. */
  void checked() {
    read++;
    progress.checked(
        read, (long) changesets.size() + segments.size() + snapshots.size(), bytes, totalBytes);
  }

  long bytes() {
    return bytes;
  }

  private <T> T again(String key, Function<String, T> reading) {
    return retries.run(() -> reading.apply(key));
  }
}
