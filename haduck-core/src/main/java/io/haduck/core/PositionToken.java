package io.haduck.core;

import java.util.UUID;

/**
 * What a writer had committed at some moment, in words that hold on every machine: who waits for it
 * elsewhere reads what was written here. Its text form, {@link #toString} and {@link #parse}, may
 * be handed on as it is.
 *
 * @param lineage of the database
 * @param epoch counts the writers
 * @param writer the nonce of the one that gave the token
 * @param iteration of the database's active header then
 * @param walOffset behind the last commit, in bytes of the WAL's stream of that iteration
 */
public record PositionToken(UUID lineage, long epoch, UUID writer, long iteration, long walOffset) {
  private static final int PARTS = 5;

  /** Checks the signs. */
  public PositionToken {
    if (epoch < 1 || iteration < 0 || walOffset < 0) {
      throw new IllegalArgumentException(
          "no position: epoch " + epoch + ", iteration " + iteration + ", WAL " + walOffset);
    }
  }

  /** Five words with slashes between them. */
  @Override
  public String toString() {
    return lineage + "/" + epoch + "/" + writer + "/" + iteration + "/" + walOffset;
  }

  /**
   * Returns the token of which {@link #toString} made this text.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static PositionToken parse(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length != PARTS) {
      throw new IllegalArgumentException("not a position of haduck: '" + text + "'");
    }
    return new PositionToken(
        UUID.fromString(parts[0]),
        Long.parseLong(parts[1]),
        UUID.fromString(parts[2]),
        Long.parseLong(parts[3]),
        Long.parseLong(parts[4]));
  }
}
