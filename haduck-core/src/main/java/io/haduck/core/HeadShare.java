package io.haduck.core;

/**
 * How much of the objects that a log's head refers to is needed: the rest is garbage, which cannot
 * be deleted as long as one block is needed of the object that it lies in.
 *
 * @param seq of the head when it was found out
 * @param neededBytes of the objects that the head refers to
 * @param objectBytes that these objects have altogether, or will have when what was moved is not
 *     referred to any more
 * @param movedBytes that were written by this writer since it was opened, to make it less
 */
public record HeadShare(long seq, long neededBytes, long objectBytes, long movedBytes) {
  /**
   * Returns what it becomes by moving bytes.
   *
   * @param bytes that the objects then have
   * @param moved bytes that are written for it
   */
  public HeadShare after(long bytes, long moved) {
    return new HeadShare(seq, neededBytes, bytes, movedBytes + moved);
  }
}
