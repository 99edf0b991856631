package io.haduck.core.restore;

/** Told how far a restore is; called by its threads now and then, one at a time. */
@FunctionalInterface
public interface RestoreProgress {
  /**
   * Some blocks were written.
   *
   * @param blocks written so far
   * @param totalBlocks of the plan
   * @param bytesFetched from the store so far
   */
  void blocksWritten(long blocks, long totalBlocks, long bytesFetched);

  /** Tells nobody. */
  static RestoreProgress none() {
    return (blocks, totalBlocks, bytesFetched) -> {};
  }
}
