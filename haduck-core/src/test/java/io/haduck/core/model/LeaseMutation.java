package io.haduck.core.model;

/** A rule of the lease in place of the right one. */
enum LeaseMutation {
  /** None. */
  NONE,
  /** What the holder has read is good from the answer on, not from before the request. */
  BELIEVE_A_STALE_LEASE,
  /** A contender counts from before the request that showed it the knock, not from the answer. */
  COUNT_FROM_THE_REQUEST,
  /** A contender takes over a tick before the TTL has passed. */
  TAKE_OVER_TOO_SOON,
  /** Who has released the lease holds it again when it reads that it still does, without a CAS. */
  RESUME_BY_READING,
  /**
   * A CAS without an answer counts as done when the lease names its sender, whatever else it says.
   */
  READ_BACK_THE_NAME_ONLY
}
