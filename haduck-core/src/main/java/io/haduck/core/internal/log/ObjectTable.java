package io.haduck.core.internal.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Numbers for the keys of the objects that blocks lie in, so that a block's entry holds 4 bytes
 * instead of a key. A number is given back when the last block in its object has gone.
 */
final class ObjectTable {
  private final List<@Nullable String> keys;
  private final Map<String, Integer> numbers;
  private final List<Integer> unused;
  private int[] blockCounts;

  ObjectTable() {
    keys = new ArrayList<>();
    numbers = new HashMap<>();
    unused = new ArrayList<>();
    blockCounts = new int[16];
  }

  private ObjectTable(ObjectTable other) {
    keys = new ArrayList<>(other.keys);
    numbers = new HashMap<>(other.numbers);
    unused = new ArrayList<>(other.unused);
    blockCounts = other.blockCounts.clone();
  }

  ObjectTable copy() {
    return new ObjectTable(this);
  }

  /** Counts one more block in an object, and returns the object's number. */
  int retain(String key) {
    Integer known = numbers.get(key);
    int number = known != null ? known : assign(key);
    blockCounts[number]++;
    return number;
  }

  /** Counts one block less. */
  void release(int number) {
    if (--blockCounts[number] == 0) {
      numbers.remove(key(number));
      keys.set(number, null);
      unused.add(number);
    }
  }

  String key(int number) {
    String key = keys.get(number);
    if (key == null) {
      throw new IllegalStateException("no block lies in object " + number);
    }
    return key;
  }

  /** One more than the largest number in use. */
  int bound() {
    return keys.size();
  }

  boolean contains(int number) {
    return keys.get(number) != null;
  }

  private int assign(String key) {
    int number;
    if (unused.isEmpty()) {
      number = keys.size();
      keys.add(key);
      if (number == blockCounts.length) {
        blockCounts = Arrays.copyOf(blockCounts, 2 * number);
      }
    } else {
      number = unused.remove(unused.size() - 1);
      keys.set(number, key);
    }
    numbers.put(key, number);
    return number;
  }
}
