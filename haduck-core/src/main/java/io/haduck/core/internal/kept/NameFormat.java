package io.haduck.core.internal.kept;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.internal.log.UnknownFormatException;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;

/** Names as text; byte by byte in docs/internals/format.md. */
final class NameFormat {
  /** How long an object is at most, in bytes. */
  static final int LONGEST = 4 << 10;

  private static final int VERSION = 1;

  private NameFormat() {}

  private static String kind(StateName name) {
    return "haduck-" + name.kind().word();
  }

  /** All bytes of the object. */
  static byte[] encode(NameRecord record) {
    var text =
        new SealedText(kind(record.name()), VERSION)
            .line("name", record.name().id())
            .line("state", record.hold().name().toLowerCase(Locale.ROOT))
            .line("position", SealedLines.text(record.position()))
            .line("time", record.time())
            .line("written", record.written())
            .line("nonce", record.nonce());
    Instant expires = record.expires();
    String purpose = record.purpose();
    if (expires != null && purpose != null) {
      text.line("expires", expires).line("purpose", purpose);
    }
    return text.bytes();
  }

  /**
   * Reads an object.
   *
   * @param where it is, for messages
   * @param name that of its key
   * @throws UnknownFormatException if it is of another version
   * @throws CorruptDataException if it is damaged, or not what its key says
   */
  static NameRecord decode(byte[] bytes, String where, StateName name) {
    try {
      return decodeWhole(bytes, where, name);
    } catch (UnknownFormatException e) {
      throw e;
    } catch (CorruptDataException e) {
      throw new CorruptDataException(
          e.getMessage() + ". If there is none, delete it: what it names is then kept no longer",
          e);
    }
  }

  private static NameRecord decodeWhole(byte[] bytes, String where, StateName name) {
    var lines = SealedLines.open(bytes, where, kind(name), VERSION, LONGEST);
    String id = lines.text("name");
    if (!id.equals(name.id())) {
      throw lines.damaged("it is of another name");
    }
    try {
      var record =
          new NameRecord(
              name,
              lines.value("state", NameFormat::hold),
              lines.position("position"),
              lines.time("time"),
              lines.time("written"),
              lines.value("nonce", UUID::fromString),
              lines.isNext("expires") ? lines.time("expires") : null,
              lines.isNext("purpose") ? lines.text("purpose") : null);
      lines.requireSame(encode(record));
      return record;
    } catch (IllegalArgumentException e) {
      throw new CorruptDataException(where + " is damaged: " + e.getMessage(), e);
    }
  }

  private static Hold hold(String word) {
    for (Hold hold : Hold.values()) {
      if (hold.name().toLowerCase(Locale.ROOT).equals(word)) {
        return hold;
      }
    }
    throw new IllegalArgumentException(word);
  }
}
