package io.haduck.core.internal.log;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * The path of a database in a changeset: absolute, as its writer's user wrote it, in 1 to 4096
 * bytes of UTF-8. No system opens a longer one.
 */
final class DatabasePathText {
  static final int MAX_LENGTH = 4096;

  private DatabasePathText() {}

  /** Throws {@link IllegalArgumentException} unless the text is such a path. */
  static void check(String path) {
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("'" + path + "' is not the absolute path of a database");
    }
    encode(path);
  }

  static byte[] encode(String path) {
    try {
      ByteBuffer bytes =
          StandardCharsets.UTF_8
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .encode(CharBuffer.wrap(path));
      if (bytes.remaining() > MAX_LENGTH) {
        throw new IllegalArgumentException(
            "the path of a database takes " + bytes.remaining() + " bytes, at most " + MAX_LENGTH);
      }
      byte[] exact = new byte[bytes.remaining()];
      bytes.get(exact);
      return exact;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("the path of a database is no text: " + e, e);
    }
  }

  /** Reads all of an input; what a changeset may hold, {@link #check} then says. */
  static String decode(Input in) {
    int length = in.remaining();
    if (length > MAX_LENGTH) {
      throw in.corrupt("a path of " + length + " bytes, at most " + MAX_LENGTH);
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(in.bytes(length)))
          .toString();
    } catch (CharacterCodingException e) {
      throw in.corruptAt(in.offset() - length, "a path that is no UTF-8", e);
    }
  }
}
