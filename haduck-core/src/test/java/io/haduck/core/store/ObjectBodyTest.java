package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ObjectBodyTest {
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffffff);
  private final Random random = new Random(seed);

  /** What was made so far, of each iteration. */
  private final List<Integer> made = new ArrayList<>();

  @Test
  void made_isReadInAnyParts_anyNumberOfTimes() throws IOException {
    System.out.println("haduck.seed=" + seed);
    for (int round = 0; round < 200; round++) {
      List<byte[]> pieces = new ArrayList<>();
      int length = 0;
      for (int i = random.nextInt(6); i > 0; i--) {
        byte[] piece = new byte[random.nextInt(50)]; // some are empty
        random.nextBytes(piece);
        pieces.add(piece);
        length += piece.length;
      }
      byte[] expected = ObjectBody.of(pieces).toByteArray();
      assertThat(expected).hasSize(length);
      ObjectBody body = ObjectBody.made(length, pieces);
      assertThat(body.length()).isEqualTo(length);
      assertThat(body.toByteArray()).isEqualTo(expected);
      for (int again = 0; again < 2; again++) {
        try (InputStream stream = body.openStream()) {
          assertThat(inParts(stream, length)).isEqualTo(expected);
          assertThat(stream.read()).isEqualTo(-1);
          assertThat(stream.read(new byte[3], 0, 3)).isEqualTo(-1);
          assertThat(stream.read(new byte[3], 0, 0)).isZero();
        }
      }
    }
  }

  private byte[] inParts(InputStream stream, int length) throws IOException {
    byte[] found = new byte[length];
    int at = 0;
    while (at < length) {
      if (random.nextInt(4) == 0) {
        found[at++] = (byte) stream.read();
      } else {
        int read = stream.read(found, at, 1 + random.nextInt(length - at));
        assertThat(read).isPositive();
        at += read;
      }
    }
    return found;
  }

  @Test
  void openStream_makesAPieceWhenItIsNeeded_andNoneWhenItIsClosed() throws IOException {
    ObjectBody body = ObjectBody.made(30, this::threePieces);
    try (InputStream stream = body.openStream()) {
      assertThat(made).isEmpty();
      assertThat(stream.readNBytes(10)).hasSize(10);
      assertThat(made).containsExactly(0);
      assertThat(stream.read()).isEqualTo(1);
      assertThat(made).containsExactly(0, 1);
    }
    assertThat(made).containsExactly(0, 1);
  }

  private Iterator<byte[]> threePieces() {
    return List.of(0, 1, 2).stream()
        .map(
            number -> {
              made.add(number);
              return new byte[] {
                number.byteValue(), 0, 0, 0, 0, 0, 0, 0, 0, 0,
              };
            })
        .iterator();
  }
}
