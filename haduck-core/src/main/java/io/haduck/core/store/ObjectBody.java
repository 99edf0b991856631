package io.haduck.core.store;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Collections;
import java.util.List;

/**
 * The bytes of an object to be written, in pieces so that nobody has to copy them into one array.
 * Can be read any number of times (retries), by any thread; the arrays must not change any more.
 */
public final class ObjectBody {
  private final List<byte[]> pieces;
  private final long length;

  private ObjectBody(List<byte[]> pieces) {
    this.pieces = List.copyOf(pieces);
    this.length = this.pieces.stream().mapToLong(piece -> piece.length).sum();
  }

  /** Returns the pieces, one after the other. */
  public static ObjectBody of(List<byte[]> pieces) {
    return new ObjectBody(pieces);
  }

  /** Returns the pieces, one after the other. */
  public static ObjectBody of(byte[]... pieces) {
    return new ObjectBody(List.of(pieces));
  }

  /** In bytes. */
  public long length() {
    return length;
  }

  /** Returns the pieces in order; not to be changed. */
  public List<byte[]> pieces() {
    return pieces;
  }

  /** A new stream over all bytes, from the beginning. */
  public InputStream openStream() {
    return new SequenceInputStream(
        Collections.enumeration(
            pieces.stream().map(piece -> (InputStream) new ByteArrayInputStream(piece)).toList()));
  }

  /** Returns all bytes in one new array. */
  public byte[] toByteArray() {
    byte[] all = new byte[Math.toIntExact(length)];
    int at = 0;
    for (byte[] piece : pieces) {
      System.arraycopy(piece, 0, all, at, piece.length);
      at += piece.length;
    }
    return all;
  }
}
