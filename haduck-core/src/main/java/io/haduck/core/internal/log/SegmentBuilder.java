package io.haduck.core.internal.log;

import io.haduck.core.store.ObjectBody;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Puts stored bytes together to one segment, without copying them. For one thread. */
public final class SegmentBuilder {
  private final long seq;
  private final UUID nonce;
  private final int number;
  private final List<byte[]> pieces = new ArrayList<>();
  private long size;

  /** Begins a segment, see {@link SegmentRef}. */
  public SegmentBuilder(UUID lineage, long seq, UUID nonce, int number) {
    this.seq = seq;
    this.nonce = nonce;
    this.number = number;
    pieces.add(Segment.header(lineage, seq, nonce, number));
    size = Segment.HEADER_LENGTH;
  }

  /** Returns the key that it will have in the store. */
  public String key() {
    return LogKeys.segment(seq, nonce, number);
  }

  /** Appends bytes and returns their offset in the object. */
  public long add(StoredBytes stored) {
    long offset = size;
    pieces.add(stored.bytes());
    size += stored.length();
    return offset;
  }

  /** Appends the stored bytes of many, one after the other. */
  public void addAll(List<byte[]> stored) {
    pieces.addAll(stored);
    size += stored.stream().mapToLong(piece -> piece.length).sum();
  }

  /** In bytes so far, header included, trailer not. */
  public long size() {
    return size;
  }

  /** Whether nothing was added yet. */
  public boolean isEmpty() {
    return pieces.size() == 1;
  }

  /** Closes the segment; nothing may be added afterwards. */
  public BuiltSegment build() {
    byte[] trailer = Segment.trailer(pieces);
    pieces.add(trailer);
    return new BuiltSegment(
        new SegmentRef(seq, nonce, number, size + trailer.length, Digest.of(trailer)),
        ObjectBody.of(pieces));
  }

  /**
   * A segment ready to be written.
   *
   * @param ref for the changeset
   * @param body to be put at {@code ref.key()}
   */
  public record BuiltSegment(SegmentRef ref, ObjectBody body) {}
}
