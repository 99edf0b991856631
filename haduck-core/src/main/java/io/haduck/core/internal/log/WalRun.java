package io.haduck.core.internal.log;

/**
 * A piece of a write-ahead log's stream, found by an absolute place.
 *
 * @param slice where its stored bytes lie
 * @param content what they are, from where in the stream on
 * @param usedLength how many of its raw bytes count; the rest was cut off later
 */
public record WalRun(ObjectSlice slice, SliceContent.Wal content, int usedLength)
    implements ObjectPart {
  /** A run of which all bytes count. */
  public static WalRun whole(ObjectSlice slice, SliceContent.Wal content) {
    return new WalRun(slice, content, content.length());
  }

  @Override
  public int rawLength() {
    return content.length();
  }

  /** Whether all of the piece counts: nothing of it was cut off. */
  public boolean isWhole() {
    return usedLength == content.length();
  }

  /** Where in the stream its first byte belongs, in bytes. */
  public long streamOffset() {
    return content.streamOffset();
  }

  /** Where in the stream it ends, in bytes. */
  public long streamEnd() {
    return streamOffset() + usedLength;
  }
}
