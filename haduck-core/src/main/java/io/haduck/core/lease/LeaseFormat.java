package io.haduck.core.lease;

import io.haduck.core.CorruptDataException;
import io.haduck.core.lease.LeaseRecord.Knock;
import io.haduck.core.lease.LeaseRecord.Reply;
import io.haduck.core.lease.LeaseRecord.Request;
import io.haduck.core.lease.LeaseRecord.State;
import io.haduck.core.lease.LeaseRecord.Wish;
import io.haduck.core.lease.Participant.FileKey;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The object {@code lease} as bytes: a few lines of JSON for people. Fields that are not known are
 * read over; what would be misread without knowing them has another format version, which is
 * refused. docs/internals/leases.md lists the fields.
 */
final class LeaseFormat {
  /** More than any record takes whose texts are as long as they may be. */
  static final int LONGEST = 32 << 10;

  private static final int VERSION = 1;
  private static final int LONGEST_TOKEN = 64;
  private static final int LONGEST_TEXT = 500;

  /** The shortest and longest time to live that is believed, whoever wrote it. */
  private static final long LEAST_TTL_MS = 100;

  private static final long MOST_TTL_MS = 3_600_000;

  /** Whole numbers up to this one are the same to everything that reads JSON. */
  private static final long MOST = 1L << 53;

  private LeaseFormat() {}

  static byte[] encode(LeaseRecord record) {
    var json = new LeaseLines();
    json.number("format", VERSION);
    json.text("state", record.state().word());
    if (record.to() != null) {
      json.text("to", record.to());
    }
    Participant holder = record.holder();
    json.text("label", holder.label());
    json.text("role", record.role());
    json.text("since", record.since().toString());
    json.number("ttl_ms", record.ttl().toMillis());
    json.number("counter", record.counter());
    json.text("written", record.written().toString());
    json.flag("appended", record.appended());
    json.text("host", holder.host());
    json.text("boot", holder.boot());
    json.text("id", holder.id());
    json.text("session", record.session());
    key(json, "database", holder.database());
    key(json, "lock", holder.lock());
    json.text("nonce", record.nonce());
    Knock knock = record.knock();
    if (knock != null) {
      json.object("knock", "label", knock.label(), "by", knock.by(), "nonce", knock.nonce());
    }
    Request request = record.request();
    if (request != null) {
      json.object(
          "request",
          "wish",
          request.wish().word(),
          "to",
          request.to(),
          "by",
          request.by(),
          "until",
          request.until().toString(),
          "nonce",
          request.nonce());
    }
    Reply reply = record.reply();
    if (reply != null) {
      json.object(
          "reply",
          "accepted",
          reply.accepted() ? "yes" : "no",
          "why",
          reply.why(),
          "nonce",
          reply.nonce());
    }
    return json.bytes();
  }

  private static void key(LeaseLines json, String name, @Nullable FileKey key) {
    if (key != null) {
      json.object(name, "device", Long.toString(key.device()), "inode", Long.toString(key.inode()));
    }
  }

  /**
   * Reads an object.
   *
   * @param name where it is, for messages
   * @throws CorruptDataException if it is none of this version
   */
  static LeaseRecord decode(byte[] bytes, String name) {
    LeaseFields fields;
    long version;
    try {
      fields = new LeaseFields(JsonText.object(text(bytes, name), name), name);
      version = fields.number("format", 1, MOST);
    } catch (CorruptDataException e) {
      throw damaged(e);
    }
    if (version != VERSION) {
      throw new CorruptDataException(
          name
              + " has format "
              + version
              + ", and this haduck knows "
              + VERSION
              + " only: another process uses a later version; update this one");
    }
    try {
      return record(fields);
    } catch (CorruptDataException e) {
      throw damaged(e);
    }
  }

  private static String text(byte[] bytes, String name) {
    if (bytes.length > LONGEST) {
      throw new CorruptDataException(
          name + " has " + bytes.length + " bytes, more than the " + LONGEST + " expected here");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptDataException(name + " is no UTF-8", e);
    }
  }

  /** What nobody but an operator can mend. */
  private static CorruptDataException damaged(CorruptDataException problem) {
    return new CorruptDataException(
        problem.getMessage()
            + ". It only says who writes, and holds no data: find out who wrote it, then delete this one object. A writer"
            + " writes it anew; who waits has it after a lease_ttl",
        problem);
  }

  private static LeaseRecord record(LeaseFields fields) {
    State state = fields.constant("state", State.class);
    String to = state == State.HANDING_OVER ? fields.text("to", LONGEST_TEXT) : null;
    return new LeaseRecord(
        state,
        fields.text("session", LONGEST_TOKEN),
        holder(fields),
        fields.text("role", LONGEST_TOKEN),
        fields.instant("since"),
        Duration.ofMillis(fields.number("ttl_ms", LEAST_TTL_MS, MOST_TTL_MS)),
        fields.number("counter", 1, MOST),
        fields.instant("written"),
        fields.text("nonce", LONGEST_TOKEN),
        fields.flag("appended"),
        to,
        knock(fields.inner("knock")),
        request(fields.inner("request")),
        reply(fields.inner("reply")));
  }

  private static Participant holder(LeaseFields fields) {
    return new Participant(
        fields.text("id", LONGEST_TOKEN),
        fields.text("label", LONGEST_TEXT),
        fields.text("host", LONGEST_TEXT),
        fields.text("boot", LONGEST_TEXT),
        key(fields.inner("database")),
        key(fields.inner("lock")));
  }

  private static @Nullable FileKey key(@Nullable LeaseFields fields) {
    return fields == null
        ? null
        : new FileKey(fields.numberInText("device"), fields.numberInText("inode"));
  }

  private static @Nullable Knock knock(@Nullable LeaseFields fields) {
    return fields == null
        ? null
        : new Knock(
            fields.text("by", LONGEST_TOKEN),
            fields.text("label", LONGEST_TEXT),
            fields.text("nonce", LONGEST_TOKEN));
  }

  private static @Nullable Request request(@Nullable LeaseFields fields) {
    return fields == null
        ? null
        : new Request(
            fields.constant("wish", Wish.class),
            fields.text("to", LONGEST_TEXT),
            fields.text("by", LONGEST_TEXT),
            fields.text("nonce", LONGEST_TOKEN),
            fields.instant("until"));
  }

  private static @Nullable Reply reply(@Nullable LeaseFields fields) {
    return fields == null
        ? null
        : new Reply(
            fields.text("nonce", LONGEST_TOKEN),
            fields.text("accepted", LONGEST_TOKEN).equals("yes"),
            fields.text("why", LONGEST_TEXT));
  }
}
