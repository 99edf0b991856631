package io.haduck.core.internal.log;

/**
 * A place in a log, named beyond doubt.
 *
 * @param seq from 1; 0 is the place before the first changeset
 * @param digest of the changeset with that seq; {@link Digest#ZERO} for 0
 */
public record LogPosition(long seq, Digest digest) {
  /** Before the first changeset. */
  public static final LogPosition START = new LogPosition(0, Digest.ZERO);

  /** Checks the sign. */
  public LogPosition {
    if (seq < 0 || (seq == 0) != digest.equals(Digest.ZERO)) {
      throw new IllegalArgumentException("no position: seq " + seq + ", digest " + digest);
    }
  }

  /** Such as {@code 17 (digest 5f2c9a0e…)}. */
  @Override
  public String toString() {
    return seq + " (digest " + digest.hex().substring(0, 16) + "…)";
  }
}
