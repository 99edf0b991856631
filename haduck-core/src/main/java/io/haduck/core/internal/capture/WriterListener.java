package io.haduck.core.internal.capture;

import io.haduck.core.CommitReceipt;
import io.haduck.core.DatabasePosition;

/** Told what a {@link ReplicaWriter} does; called by its thread. */
public interface WriterListener {
  /** A capture begins to read; {@code longRead} if a checkpoint is likely to overtake it. */
  void readingBegins(boolean longRead);

  /** Reading is over, one way or the other; may be called twice. */
  void readingEnds();

  /**
   * A commit is in the log: at once, before anything is done that nobody waits for.
   *
   * @param held position of the database that the log holds now
   */
  void committed(CommitReceipt receipt, DatabasePosition held);

  /** The log has gone on by a changeset that holds nothing new of the database. */
  void wentOn();
}
