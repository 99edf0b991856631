package io.haduck.core.replica;

/** What a replicating thread is to do next. */
enum Turn {
  /** Something may have changed, or failed before. */
  WORK,
  /** Nothing has; what is done now and then is due. */
  UPKEEP,
  /** To end. */
  END
}
