package io.haduck.core.store;

import java.io.InputStream;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/**
 * The bytes of an object to be written, in pieces so that nobody has to copy them into one array.
 * Can be read any number of times (retries), by any thread; the arrays must not change any more.
 */
public final class ObjectBody {
  private final Iterable<byte[]> pieces;
  private final long length;

  private ObjectBody(Iterable<byte[]> pieces, long length) {
    this.pieces = pieces;
    this.length = length;
  }

  /** Returns the pieces, one after the other. */
  public static ObjectBody of(List<byte[]> pieces) {
    List<byte[]> copy = List.copyOf(pieces);
    return new ObjectBody(copy, copy.stream().mapToLong(piece -> piece.length).sum());
  }

  /** Returns the pieces, one after the other. */
  public static ObjectBody of(byte[]... pieces) {
    return of(List.of(pieces));
  }

  /**
   * Returns pieces that are made while they are read, so that they are never all in memory.
   *
   * @param length of all of them, in bytes
   * @param pieces yields the same bytes each time, whichever thread asks
   */
  public static ObjectBody made(long length, Iterable<byte[]> pieces) {
    return new ObjectBody(pieces, length);
  }

  /** In bytes. */
  public long length() {
    return length;
  }

  /** Returns the pieces in order; not to be changed. */
  public Iterable<byte[]> pieces() {
    return pieces;
  }

  /** A new stream over all bytes, from the beginning. */
  public InputStream openStream() {
    return new Pieces(pieces.iterator());
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

  /** Asks for a piece when the one before it has been read. */
  private static final class Pieces extends InputStream {
    private final Iterator<byte[]> rest;
    private byte[] piece = new byte[0];
    private int at;

    private Pieces(Iterator<byte[]> rest) {
      this.rest = rest;
    }

    private boolean isAtEnd() {
      while (at == piece.length) {
        if (!rest.hasNext()) {
          return true;
        }
        piece = rest.next();
        at = 0;
      }
      return false;
    }

    @Override
    public int read() {
      return isAtEnd() ? -1 : piece[at++] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      Objects.checkFromIndexSize(offset, length, target.length);
      if (length == 0) {
        return 0;
      }
      if (isAtEnd()) {
        return -1;
      }
      int count = Math.min(length, piece.length - at);
      System.arraycopy(piece, at, target, offset, count);
      at += count;
      return count;
    }

    @Override
    public int available() {
      return piece.length - at;
    }
  }
}
