package io.haduck.core.internal.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.testing.internal.HostileInputs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code F.haduck} files, with what was appended to them, that nobody wrote. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class HostileRecordTest {
  private final Random made = new Random(11);

  @Test
  void records() {
    List<byte[]> seeds = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      LocalRecord record = record(i);
      StringBuilder text = new StringBuilder(record.format());
      for (int line = 0; line < i; line++) {
        text.append(LocalRecord.journalLine(position(19 + line)));
      }
      seeds.add(text.toString().getBytes(StandardCharsets.UTF_8));
    }
    var tally =
        new HostileInputs("LocalRecord.parse", 64 << 10, 400)
            .feed(
                random -> {
                  byte[] mutated = HostileInputs.mutate(random, seeds);
                  return random.nextBoolean() ? sealed(mutated) : mutated;
                },
                input -> {
                  var parsed = LocalRecord.parse(new String(input, StandardCharsets.UTF_8));
                  if (parsed.isPresent()
                      && !LocalRecord.parse(parsed.get().format()).equals(parsed)) {
                    throw new AssertionError("is written as another one: " + parsed);
                  }
                });
    assertThat(tally.refused()).isZero();
  }

  /** Makes the SHA-256 of the record, and the checks of its journal, right. */
  private static byte[] sealed(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    int at = text.indexOf("\nsha256=") + 1;
    if (at == 0) {
      return bytes;
    }
    String body = text.substring(0, at);
    int end = text.indexOf('\n', at);
    StringBuilder sealed =
        new StringBuilder(body)
            .append("sha256=")
            .append(Digest.sha256(body.getBytes(StandardCharsets.UTF_8)).hex())
            .append('\n');
    if (end > 0) {
      for (String line : text.substring(end + 1).split("\n", -1)) {
        int check = line.lastIndexOf(' ') + 1;
        String begin = line.substring(0, check);
        String digest = Digest.sha256(begin.getBytes(StandardCharsets.UTF_8)).hex();
        sealed.append(begin).append(digest, 0, 16).append('\n');
      }
    }
    return sealed.toString().getBytes(StandardCharsets.UTF_8);
  }

  private LocalRecord record(int i) {
    return new LocalRecord(
        new UUID(made.nextLong(), made.nextLong()),
        "s3://bucket/prefix/my.duckdb",
        position(17),
        42 + i,
        4711,
        Digest.sha256(new byte[] {2}),
        Digest.sha256(new byte[] {3}),
        new FileStamp(1, 2, 3, 4),
        i == 0 ? null : position(18),
        i % 2 == 0);
  }

  private LogPosition position(long seq) {
    byte[] bytes = new byte[8];
    made.nextBytes(bytes);
    return new LogPosition(seq, Digest.sha256(bytes));
  }
}
