package io.haduck.core.internal.log;

import io.haduck.core.store.ObjectBody;

/**
 * A changeset ready to be appended.
 *
 * @param decoded what a reader of it will see
 * @param body the bytes of the object
 */
public record EncodedChangeset(DecodedChangeset decoded, ObjectBody body) {
  /** What it says. */
  public Changeset changeset() {
    return decoded.changeset();
  }

  /** Its place in the log, once it is committed. */
  public LogPosition position() {
    return decoded.position();
  }

  /** Of its head. */
  public Digest digest() {
    return decoded.digest();
  }

  /** In bytes. */
  public int headLength() {
    return decoded.headLength();
  }

  /** Its key in the store. */
  public String key() {
    return changeset().key();
  }
}
