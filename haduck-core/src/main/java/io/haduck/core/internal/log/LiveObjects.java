package io.haduck.core.internal.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The objects that a state's blocks and WAL lie in, numbered in ascending order of their keys, each
 * with how many of its bytes they need. Takes 4 bytes for each block while it is being made.
 */
public final class LiveObjects {
  /** Longer than any stored length, which is at most {@link WalPiece#MAX_LENGTH}. */
  private static final int LENGTH_BITS = 26;

  private final List<LiveObject> objects;
  private final int[] ofIndex;
  private final Map<String, Integer> numbers;

  private LiveObjects(List<LiveObject> objects, int[] ofIndex, Map<String, Integer> numbers) {
    this.objects = objects;
    this.ofIndex = ofIndex;
    this.numbers = numbers;
  }

  static LiveObjects of(BlockIndex index, List<WalRun> runs) {
    ObjectTable table = index.objects();
    TreeSet<String> keys = new TreeSet<>();
    for (int i = 0; i < table.bound(); i++) {
      if (table.contains(i)) {
        keys.add(table.key(i));
      }
    }
    runs.forEach(run -> keys.add(run.slice().objectKey()));
    Map<String, Integer> numbers = new HashMap<>(2 * keys.size());
    keys.forEach(key -> numbers.put(key, numbers.size()));
    int[] ofIndex = new int[table.bound()];
    for (int i = 0; i < table.bound(); i++) {
      if (table.contains(i)) {
        ofIndex[i] = number(numbers, table.key(i));
      }
    }

    // Sorted by object in one array: block ids, and runs as negative numbers.
    int[] ends = new int[keys.size()];
    index.ids().forEach((int id) -> ends[ofIndex[index.objectOf(id)]]++);
    runs.forEach(run -> ends[number(numbers, run.slice().objectKey())]++);
    int total = 0;
    for (int i = 0; i < ends.length; i++) {
      int count = ends[i];
      ends[i] = total;
      total += count;
    }
    int[] parts = new int[total];
    index.ids().forEach((int id) -> parts[ends[ofIndex[index.objectOf(id)]]++] = id);
    for (int i = 0; i < runs.size(); i++) {
      parts[ends[number(numbers, runs.get(i).slice().objectKey())]++] = ~i;
    }

    List<LiveObject> objects = new ArrayList<>(keys.size());
    int from = 0;
    for (String key : keys) {
      int to = ends[objects.size()];
      objects.add(new LiveObject(key, union(index, runs, parts, from, to)));
      from = to;
    }
    return new LiveObjects(objects, ofIndex, numbers);
  }

  private static int number(Map<String, Integer> numbers, String key) {
    Integer number = numbers.get(key);
    if (number == null) {
      throw new IllegalStateException(key + " has no number");
    }
    return number;
  }

  /** How many bytes some parts of one object cover, however they overlap. */
  private static long union(BlockIndex index, List<WalRun> runs, int[] parts, int from, int to) {
    long[] places = new long[to - from];
    for (int i = from; i < to; i++) {
      int part = parts[i];
      places[i - from] =
          part >= 0
              ? index.offsetOf(part) << LENGTH_BITS | index.storedLengthOf(part)
              : runs.get(~part).slice().offset() << LENGTH_BITS
                  | runs.get(~part).slice().storedLength();
    }
    Arrays.sort(places);
    long covered = 0;
    long end = 0;
    for (long place : places) {
      long begin = Math.max(place >>> LENGTH_BITS, end);
      long partEnd = (place >>> LENGTH_BITS) + (place & ((1L << LENGTH_BITS) - 1));
      if (partEnd > begin) {
        covered += partEnd - begin;
        end = partEnd;
      }
    }
    return covered;
  }

  /**
   * The objects that a state refers to, and how much it needs of each, in ascending order of their
   * keys. Takes time in proportion to the number of blocks.
   */
  public static List<LiveObject> of(LogState state) {
    return of(state.index(), state.wal().runs()).all();
  }

  /** In ascending order of the keys. */
  List<LiveObject> all() {
    return objects;
  }

  /** The number of an object by that which it has in the index. */
  int ofIndex(int number) {
    return ofIndex[number];
  }

  /** The number of an object. */
  int of(String key) {
    return number(numbers, key);
  }
}
