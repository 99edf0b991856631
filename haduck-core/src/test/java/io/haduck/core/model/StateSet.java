package io.haduck.core.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** States in the order in which they were found, each once; some 50 bytes for each. */
final class StateSet {
  private static final int PER_CHUNK = 1 << 16;

  private final int length;
  private final List<byte[]> chunks = new ArrayList<>();
  private int[] parents = new int[1 << 12];
  private int[] table = new int[1 << 13];
  private int size;

  StateSet(int length) {
    this.length = length;
  }

  int size() {
    return size;
  }

  /** Returns whether the state is new, and keeps it then. */
  boolean add(byte[] state, int parent) {
    int slot = slot(state);
    if (table[slot] != 0) {
      return false;
    }
    if (size == parents.length) {
      parents = Arrays.copyOf(parents, size + (size >> 1));
    }
    if (size % PER_CHUNK == 0) {
      chunks.add(new byte[PER_CHUNK * length]);
    }
    System.arraycopy(state, 0, chunks.get(size / PER_CHUNK), size % PER_CHUNK * length, length);
    parents[size] = parent;
    table[slot] = ++size;
    if (size > table.length / 2) {
      grow();
    }
    return true;
  }

  byte[] get(int index) {
    int from = index % PER_CHUNK * length;
    return Arrays.copyOfRange(chunks.get(index / PER_CHUNK), from, from + length);
  }

  /** Returns from which state this one was found; -1 for the first. */
  int parent(int index) {
    return parents[index];
  }

  /** Returns the place of a state; -1 if it is not there. */
  int indexOf(byte[] state) {
    return table[slot(state)] - 1;
  }

  private int slot(byte[] state) {
    int mask = table.length - 1;
    int slot = spread(Arrays.hashCode(state)) & mask;
    while (table[slot] != 0 && !isAt(table[slot] - 1, state)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isAt(int index, byte[] state) {
    int from = index % PER_CHUNK * length;
    return Arrays.equals(chunks.get(index / PER_CHUNK), from, from + length, state, 0, length);
  }

  private void grow() {
    table = new int[table.length * 2];
    for (int i = 0; i < size; i++) {
      table[slot(get(i))] = i + 1;
    }
  }

  private static int spread(int hash) {
    int mixed = hash * 0x9E3779B9;
    return mixed ^ (mixed >>> 15);
  }
}
