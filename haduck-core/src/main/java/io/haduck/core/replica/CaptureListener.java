package io.haduck.core.replica;

/** Told when a capture reads the database file; called by the capturing thread. */
interface CaptureListener {
  /** Reading begins; {@code longRead} if a checkpoint is likely to overtake it. */
  void readingBegins(boolean longRead);

  /** Reading is over, one way or the other; may be called twice. */
  void readingEnds();
}
