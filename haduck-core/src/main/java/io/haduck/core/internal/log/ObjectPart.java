package io.haduck.core.internal.log;

/** Something whose bytes lie in an object: a block, or a piece of a write-ahead log. */
public interface ObjectPart {
  /** Returns where its bytes lie. */
  ObjectSlice slice();

  /** Returns how many bytes it has at most once they are decompressed. */
  int rawLength();
}
