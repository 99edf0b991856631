package io.haduck.core.store;

import io.haduck.core.CorruptDataException;
import io.haduck.core.UnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;

/**
 * An object, or a part of one, opened for reading. For one thread; close it.
 *
 * @param name where it is, for messages
 * @param content its bytes; may end early if the connection breaks, so compare with {@code length}
 * @param length how many bytes {@code content} should yield
 * @param etag the object's entity tag
 * @param storeTime the store's clock, not later than the moment at which the bytes were true
 */
public record StoredObject(
    String name, InputStream content, long length, String etag, Instant storeTime)
    implements AutoCloseable {
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  /**
   * Returns all bytes in one array.
   *
   * @throws UnavailableException if the stream breaks or ends early
   * @throws CorruptDataException if the object is longer than an array can be
   */
  public byte[] readAll() {
    if (length > MAX_ARRAY) {
      throw new CorruptDataException(
          name + " has " + length + " bytes, more than any object that is read at once");
    }
    byte[] bytes;
    try {
      bytes = content.readNBytes((int) length);
    } catch (IOException e) {
      throw brokeOff(e);
    }
    if (bytes.length != length) {
      throw new UnavailableException(
          "reading " + name + " ended after " + bytes.length + " of " + length + " bytes");
    }
    return bytes;
  }

  /**
   * Reads the next bytes, all of them.
   *
   * @throws UnavailableException if the stream breaks or ends early
   */
  public void readFully(byte[] target, int offset, int count) {
    int read;
    try {
      read = content.readNBytes(target, offset, count);
    } catch (IOException e) {
      throw brokeOff(e);
    }
    if (read != count) {
      throw new UnavailableException("reading " + name + " ended early, of " + length + " bytes");
    }
  }

  /**
   * Leaves out the next bytes.
   *
   * @throws UnavailableException if the stream breaks or ends early
   */
  public void skip(long count) {
    try {
      content.skipNBytes(count);
    } catch (IOException e) {
      throw brokeOff(e);
    }
  }

  private UnavailableException brokeOff(IOException e) {
    return new UnavailableException("reading " + name + " broke off: " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      content.close();
    } catch (IOException e) {
      throw new UnavailableException("closing " + name + " failed: " + e.getMessage(), e);
    }
  }
}
