package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.UnknownFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A text object as it is read, line by line in the one order that its kind has. There is one
 * encoding of each value, and what is encoded otherwise is an error: see {@link #requireSame}. For
 * one thread.
 */
final class SealedLines {
  private static final int SEAL_LENGTH =
      1 + SealedText.SEAL.length() + 2 * Digest.LENGTH + 1; // with the line's end before

  private final String name;
  private final byte[] all;
  private final String body;
  private int at;

  private SealedLines(String name, byte[] all, String body, int at) {
    this.name = name;
    this.all = all;
    this.body = body;
    this.at = at;
  }

  /**
   * Begins to read.
   *
   * @param name where it is, for messages
   * @throws UnknownFormatException if it is of another version
   * @throws CorruptDataException if it is of another kind, too long, or its SHA-256 is wrong
   */
  static SealedLines open(byte[] bytes, String name, String kind, int version, int longest) {
    if (bytes.length > longest) {
      throw new CorruptDataException(
          name + " has " + bytes.length + " bytes, more than the " + longest + " allowed");
    }
    String begin = ascii(bytes, kind.length() + 12);
    if (!begin.startsWith(kind + " ")) {
      throw damaged(name, "it does not begin with " + kind);
    }
    String first = kind + " " + version + "\n";
    if (!begin.startsWith(first)) {
      String found = begin.substring(kind.length() + 1).split("\n", -1)[0];
      if (found.matches("[1-9][0-9]{0,8}")) {
        throw new UnknownFormatException(
            name
                + " has version "
                + found
                + " of "
                + kind
                + ", and this haduck knows "
                + version
                + " only: update it. Until then nothing may be deleted here");
      }
      throw damaged(name, "its first line is not '" + kind + " " + version + "'");
    }
    return new SealedLines(name, bytes, body(bytes, name), first.length());
  }

  private static String ascii(byte[] bytes, int length) {
    return new String(bytes, 0, Math.min(length, bytes.length), StandardCharsets.US_ASCII);
  }

  /** What the seal covers. */
  private static String body(byte[] bytes, String name) {
    int end = bytes.length - SEAL_LENGTH + 1;
    if (end < 1 || bytes[end - 1] != '\n') {
      throw damaged(name, "its last line is not " + SealedText.SEAL);
    }
    String seal = SealedText.SEAL + Digest.sha256(bytes, 0, end).hex() + "\n";
    byte[] expected = seal.getBytes(StandardCharsets.US_ASCII);
    if (!Arrays.equals(bytes, end, bytes.length, expected, 0, expected.length)) {
      throw damaged(name, "its SHA-256 is not that of its lines");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, end)).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptDataException(name + " is damaged: it is no UTF-8", e);
    }
  }

  /** Whether the next line has this key. */
  boolean isNext(String key) {
    return body.startsWith(key + "=", at);
  }

  /** The value of the next line, which must have this key. */
  String text(String key) {
    if (!isNext(key)) {
      throw damaged("expected a line " + key + "= at character " + at);
    }
    int end = body.indexOf('\n', at);
    String value = body.substring(at + key.length() + 1, end);
    at = end + 1;
    return value;
  }

  /** The value of the next line, parsed. */
  <T> T value(String key, Function<String, T> parser) {
    String text = text(key);
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
      throw new CorruptDataException(name + " is damaged: " + key + "=" + excerpt(text), e);
    }
  }

  long number(String key) {
    return value(key, Long::parseLong);
  }

  Instant time(String key) {
    return value(key, Instant::parse);
  }

  /** A seq and a digest, with a space between. */
  LogPosition position(String key) {
    return value(
        key,
        text -> {
          int space = text.indexOf(' ');
          if (space < 0) {
            throw new IllegalArgumentException("no digest");
          }
          return new LogPosition(
              Long.parseLong(text.substring(0, space)), Digest.ofHex(text.substring(space + 1)));
        });
  }

  /** How a position is written. */
  static String text(LogPosition position) {
    return position.seq() + " " + position.digest().hex();
  }

  /** Refuses whatever a value was read from, if the value would not have been written so. */
  void requireSame(byte[] encoded) {
    if (!Arrays.equals(all, encoded)) {
      throw damaged("its lines are not as they are written");
    }
  }

  /** The error for what is wrong. */
  CorruptDataException damaged(String problem) {
    return damaged(name, problem);
  }

  private static CorruptDataException damaged(String name, String problem) {
    return new CorruptDataException(
        name
            + " is damaged: "
            + problem
            + ". Restore an undamaged version of it; until then nothing may be deleted here");
  }

  private static String excerpt(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }
}
