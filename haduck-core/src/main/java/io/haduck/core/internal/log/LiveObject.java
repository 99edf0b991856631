package io.haduck.core.internal.log;

/**
 * An object that a state needs.
 *
 * @param key of a changeset or segment
 * @param bytes how many of its stored bytes the state's blocks and WAL refer to, each byte once;
 *     from 1 to 2^32 − 1
 */
public record LiveObject(String key, long bytes) {
  private static final long MOST = 0xffff_ffffL;

  /** Checks each value for itself. */
  public LiveObject {
    if (bytes < 1 || bytes > MOST) {
      throw new IllegalArgumentException(bytes + " bytes of " + key + " are referred to");
    }
  }
}
