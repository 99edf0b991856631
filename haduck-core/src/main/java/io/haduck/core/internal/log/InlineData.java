package io.haduck.core.internal.log;

import java.util.ArrayList;
import java.util.List;

/** Collects the data that goes into a changeset itself, without copying it. For one thread. */
public final class InlineData {
  /** A changeset carries no more than this, in bytes; what is larger goes into segments. */
  public static final int TARGET_LENGTH = 8 << 20;

  private final List<byte[]> pieces = new ArrayList<>();
  private long size;

  /** Appends bytes and returns their offset in the inline data. */
  public long add(StoredBytes stored) {
    long offset = size;
    pieces.add(stored.bytes());
    size += stored.length();
    return offset;
  }

  /** In bytes so far. */
  public long size() {
    return size;
  }

  /** All that was added, in order. */
  public List<byte[]> pieces() {
    return List.copyOf(pieces);
  }
}
