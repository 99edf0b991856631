package io.haduck.core.internal.kept;

import io.haduck.core.internal.log.Digest;
import java.nio.charset.StandardCharsets;

/**
 * A text object as it is written: a first line with its kind and version, lines of {@code
 * key=value}, and a last line with the SHA-256 of all before. For one thread.
 */
final class SealedText {
  /** What the last line begins with. */
  static final String SEAL = "sha256=";

  private final StringBuilder text = new StringBuilder();

  SealedText(String kind, int version) {
    text.append(kind).append(' ').append(version).append('\n');
  }

  /** Adds a line; the value is what {@link #isValue} allows. */
  SealedText line(String key, Object value) {
    String written = value.toString();
    if (!isValue(written)) {
      throw new IllegalArgumentException(key + " with control characters, or nothing: " + written);
    }
    text.append(key).append('=').append(written).append('\n');
    return this;
  }

  /** Whether it is not empty, and has nothing that ends a line or is no text. */
  static boolean isValue(String value) {
    return !value.isEmpty()
        && value
            .chars()
            .noneMatch(c -> Character.isISOControl(c) || Character.isSurrogate((char) c));
  }

  /** All of it. */
  byte[] bytes() {
    String body = text.toString();
    String seal = Digest.sha256(body.getBytes(StandardCharsets.UTF_8)).hex();
    return (body + SEAL + seal + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
