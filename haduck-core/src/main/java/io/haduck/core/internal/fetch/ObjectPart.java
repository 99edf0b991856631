package io.haduck.core.internal.fetch;

/** Bytes in an object that a restore needs. */
public interface ObjectPart {
  /** In the store. */
  String objectKey();

  /** Of the first byte, in the object. */
  long offset();

  /** In bytes, as they are stored. */
  int storedLength();

  /** In bytes, at most, once they are decompressed. */
  int rawLength();
}
