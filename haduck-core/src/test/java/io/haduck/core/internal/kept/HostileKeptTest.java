package io.haduck.core.internal.kept;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.internal.log.Digest;
import io.haduck.testing.internal.HostileInputs;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Manifests and names that nobody wrote, most of them with a SHA-256 that is right. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class HostileKeptTest {
  private static final long FIXED = 96 << 10;
  private static final long PER_BYTE = 400;

  @Test
  void manifests() {
    List<byte[]> seeds =
        List.of(
            ManifestFormat.encode(KeptObjects.manifest(1, 0)),
            ManifestFormat.encode(KeptObjects.manifest(1, 9, 1, 5)),
            ManifestFormat.encode(KeptObjects.manifest(1, 900, 1, 5, 9, 11, 13, 256, 700, 899)));
    var tally =
        new HostileInputs("ManifestFormat", FIXED, PER_BYTE, CorruptDataException.class)
            .feed(
                random -> damaged(random, seeds),
                input -> {
                  Manifest read = ManifestFormat.decode(input, "kept/1", 1);
                  assertThat(ManifestFormat.encode(read)).isEqualTo(input);
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  @Test
  void names() {
    NameRecord point = KeptObjects.point("before-migration", KeptObjects.position(4));
    NameRecord pin = KeptObjects.pin(KeptObjects.position(5));
    List<byte[]> points =
        List.of(
            NameFormat.encode(point),
            NameFormat.encode(point.with(Hold.HELD)),
            NameFormat.encode(point.with(Hold.DELETED)),
            NameFormat.encode(pin));
    feed("NameFormat of points", points, point.name());
    List<byte[]> pins = List.of(NameFormat.encode(pin), NameFormat.encode(pin.with(Hold.HELD)));
    feed("NameFormat of pins", pins, pin.name());
  }

  private static void feed(String what, List<byte[]> seeds, StateName name) {
    var tally =
        new HostileInputs(what, FIXED, PER_BYTE, CorruptDataException.class)
            .feed(
                random -> damaged(random, seeds),
                input -> {
                  NameRecord read = NameFormat.decode(input, "here", name);
                  assertThat(NameFormat.encode(read)).isEqualTo(input);
                  assertThat(read.name()).isEqualTo(name);
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  /** Damaged anywhere, or in a digit or letter, which leaves it readable more often. */
  private static byte[] damaged(Random random, List<byte[]> seeds) {
    byte[] bytes;
    if (random.nextInt(3) == 0) {
      bytes = seeds.get(random.nextInt(seeds.size())).clone();
      int at = random.nextInt(bytes.length);
      bytes[at] = (byte) "0123456789abcdefZ-:. =,\n".charAt(random.nextInt(24));
    } else {
      bytes = HostileInputs.mutate(random, seeds);
    }
    return random.nextInt(8) == 0 ? bytes : sealed(bytes);
  }

  private static byte[] sealed(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.lastIndexOf("\nsha256=") + 1;
    if (at == 0) {
      return bytes;
    }
    byte[] seal =
        ("sha256=" + Digest.sha256(bytes, 0, at).hex() + "\n").getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(bytes, at + seal.length);
    System.arraycopy(seal, 0, all, at, seal.length);
    return all;
  }
}
