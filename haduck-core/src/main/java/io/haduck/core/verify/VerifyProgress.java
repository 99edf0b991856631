package io.haduck.core.verify;

/** Told how far a check is; called by the thread that checks, after each object. */
@FunctionalInterface
public interface VerifyProgress {
  /**
   * An object was read.
   *
   * @param objects read so far
   * @param totalObjects that the listing showed
   * @param bytes read so far; some may have been read twice
   * @param totalBytes that the listing showed
   */
  void checked(long objects, long totalObjects, long bytes, long totalBytes);

  /** Tells nobody. */
  static VerifyProgress none() {
    return (objects, totalObjects, bytes, totalBytes) -> {};
  }
}
