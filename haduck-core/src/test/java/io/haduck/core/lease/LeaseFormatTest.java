package io.haduck.core.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.lease.LeaseRecord.Knock;
import io.haduck.core.lease.LeaseRecord.Reply;
import io.haduck.core.lease.LeaseRecord.Request;
import io.haduck.core.lease.LeaseRecord.State;
import io.haduck.core.lease.LeaseRecord.Wish;
import io.haduck.core.lease.Participant.FileKey;
import io.haduck.testing.internal.HostileInputs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The object {@code lease} as bytes. */
final class LeaseFormatTest {
  private static final Instant TIME = Instant.parse("2026-11-30T12:00:00.250Z");

  private static final LeaseRecord PLAIN =
      new LeaseRecord(
          State.HELD,
          "5e55",
          new Participant("1d", "orders-1", "node-7", "b007", null, null),
          "writer",
          TIME,
          Duration.ofSeconds(15),
          1,
          TIME,
          "0ce1",
          false,
          null,
          null,
          null,
          null);

  private static final LeaseRecord FULL =
      new LeaseRecord(
          State.HANDING_OVER,
          "5e55",
          new Participant(
              "1d",
              "it's \"ours\" \\ ümlaut 𝄞",
              "node-7",
              "",
              new FileKey(Long.MIN_VALUE, Long.MAX_VALUE),
              new FileKey(1, 2)),
          "promoted",
          Instant.EPOCH,
          Duration.ofMinutes(5),
          1L << 53,
          TIME,
          "0ce2",
          true,
          "orders-2",
          new Knock("2d", "orders-2", "0ce3"),
          new Request(Wish.PROMOTE, "orders-2", "ann", "0ce4", TIME),
          new Reply("0ce5", false, "no"));

  private static LeaseRecord decode(String text) {
    return LeaseFormat.decode(text.getBytes(StandardCharsets.UTF_8), "file:/r/lease");
  }

  private static String text(LeaseRecord record) {
    return new String(LeaseFormat.encode(record), StandardCharsets.UTF_8);
  }

  @Test
  void records_areReadAsTheyWereWritten() {
    assertThat(decode(text(PLAIN))).isEqualTo(PLAIN);
    assertThat(decode(text(FULL))).isEqualTo(FULL);
  }

  /** What the page shows is what is written. */
  @Test
  void page_showsARealLease() throws IOException {
    String page = Files.readString(Path.of("../docs/internals/leases.md"));
    int at = page.indexOf("```json\n") + "```json\n".length();
    String shown = page.substring(at, page.indexOf("```", at));
    assertThat(text(decode(shown))).isEqualTo(shown);
  }

  @Test
  void unknownFields_areReadOver() {
    String text = text(PLAIN);
    assertThat(
            decode(
                text.replace(
                    "\"format\": 1,",
                    "\"format\": 1, \"new\": [1.5e3, {\"a\": null}, [true]], \"other\": null,")))
        .isEqualTo(PLAIN);
  }

  @Test
  void anotherFormat_isRefused_andNamed() {
    assertThatThrownBy(() -> decode(text(PLAIN).replace("\"format\": 1", "\"format\": 2")))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("file:/r/lease has format 2")
        .hasMessageContaining("update")
        .hasMessageNotContaining("delete");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}",
        "{} {}",
        "{\"format\": 1}",
        "{\"format\": 1, \"format\": 1}",
        "{\"format\": 01}",
        "{\"format\": 99999999999999999999}",
        "{\"a\": {\"a\": {\"a\": {\"a\": {\"a\": {\"a\": {\"a\": {\"a\": {\"a\": 1}}}}}}}}}",
        "{\"a\": \"\\u12\"}",
        "{\"a\": \"\\x\"}",
        "{\"a\": \"\n\"}",
        "{'a': 1}",
        "{\"a\": 1,}"
      })
  void whatIsNoLease_isRefused(String text) {
    assertThatThrownBy(() -> decode(text))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("file:/r/lease")
        .hasMessageContaining("delete this one object");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"ttl_ms\": 15000|\"ttl_ms\": 99",
        "\"ttl_ms\": 15000|\"ttl_ms\": 3600001",
        "\"counter\": 1|\"counter\": 0",
        "\"counter\": 1|\"counter\": \"1\"",
        "\"state\": \"held\"|\"state\": \"HELD\"",
        "\"state\": \"held\"|\"state\": \"handing_over\"",
        "\"appended\": false|\"appended\": \"no\"",
        "\"since\": \"2026|\"since\": \"+9999992026",
        "\"role\": \"writer\"|\"knock\": 1, \"role\": \"writer\"",
        "\"role\": \"writer\"|\"lock\": {\"device\": 1, \"inode\": 2}, \"role\": \"writer\"",
      })
  void fieldsOutOfBounds_areRefused(String change) {
    String[] parts = change.split("\\|", -1);
    String text = text(PLAIN);
    assertThat(text).contains(parts[0]);
    assertThatThrownBy(() -> decode(text.replace(parts[0], parts[1])))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("field")
        .hasMessageContaining("delete this one object");
  }

  @Test
  void tooLong_isRefused_beforeItIsRead() {
    assertThatThrownBy(() -> LeaseFormat.decode(new byte[LeaseFormat.LONGEST + 1], "file:/r/lease"))
        .isInstanceOf(CorruptDataException.class);
  }

  @Test
  void longestTexts_fit() {
    String longest = "\u0001".repeat(500);
    var record =
        new LeaseRecord(
            State.HANDING_OVER,
            "\u0001".repeat(64),
            new Participant(
                "\u0001".repeat(64),
                "𝄞".repeat(200),
                "𝄞".repeat(200),
                "𝄞".repeat(200),
                null,
                null),
            "\u0001".repeat(64),
            TIME,
            Duration.ofSeconds(15),
            1,
            TIME,
            "\u0001".repeat(64),
            true,
            longest,
            new Knock("\u0001".repeat(64), longest, "\u0001".repeat(64)),
            new Request(Wish.HAND_OVER, longest, longest, "\u0001".repeat(64), TIME),
            new Reply("\u0001".repeat(64), true, longest));
    assertThat(decode(text(record))).isEqualTo(record);
  }

  @Test
  void labels_areShownOnOneLine() {
    var participant =
        new Participant("1d", " two\nlines\u0000 " + "x".repeat(300), "\ud800", "b", null, null);
    assertThat(participant.label()).startsWith("two lines").hasSize(Participant.LONGEST_NAME);
    assertThat(participant.host()).isEmpty();
  }

  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
  void hostileInputs_areRefusedOrRead() {
    List<byte[]> seeds = List.of(LeaseFormat.encode(PLAIN), LeaseFormat.encode(FULL));
    new HostileInputs("LeaseFormat.decode", 64 << 10, 100, CorruptDataException.class)
        .feed(
            random -> mutated(random, seeds),
            input -> {
              LeaseRecord read = LeaseFormat.decode(input, "file:/r/lease");
              if (!LeaseFormat.decode(LeaseFormat.encode(read), "file:/r/lease").equals(read)) {
                throw new AssertionError("is written as another one: " + read);
              }
            });
  }

  /** Bytes anywhere, or a character that JSON minds. */
  private static byte[] mutated(Random random, List<byte[]> seeds) {
    if (random.nextBoolean()) {
      return HostileInputs.mutate(random, seeds);
    }
    byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) "{}[]\",:\\-0e1tn \n".charAt(random.nextInt(16));
    }
    return bytes;
  }
}
