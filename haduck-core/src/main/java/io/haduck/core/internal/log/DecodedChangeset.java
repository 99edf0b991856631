package io.haduck.core.internal.log;

/**
 * A changeset together with where its object's parts lie.
 *
 * @param changeset what it says
 * @param headLength in bytes; the inline data begins here
 * @param inlineLength in bytes
 * @param digest of the head
 */
public record DecodedChangeset(
    Changeset changeset, int headLength, long inlineLength, Digest digest) {
  /** Its place in the log. */
  public LogPosition position() {
    return new LogPosition(changeset.seq(), digest);
  }

  /** Of the whole object, in bytes. */
  public long objectLength() {
    return headLength + inlineLength + Digest.LENGTH;
  }

  /** The key of the object that a block or WAL piece of this changeset lies in. */
  public String objectKey(int object) {
    int segments = changeset.segments().size();
    if (object == 0) {
      return changeset.key();
    }
    return object <= segments
        ? changeset.segments().get(object - 1).key()
        : changeset.earlier().get(object - segments - 1).key();
  }

  /** Where in that object it begins, in bytes. */
  public long objectOffset(int object, long offset) {
    return object == 0 ? headLength + offset : offset;
  }

  /** Returns where the bytes of a block of this changeset lie. */
  public ObjectSlice slice(StoredBlock block) {
    return new ObjectSlice(
        objectKey(block.object()),
        objectOffset(block.object(), block.offset()),
        block.storedLength(),
        block.crc32c(),
        block.compressed());
  }

  /** Returns where the bytes of a piece of WAL of this changeset lie. */
  public ObjectSlice slice(WalPiece piece) {
    return new ObjectSlice(
        objectKey(piece.object()),
        objectOffset(piece.object(), piece.offset()),
        piece.storedLength(),
        piece.crc32c(),
        piece.compressed());
  }

  /**
   * What the blocks and the WAL that this changeset brings have in bytes, not compressed; those
   * that it only refers to, in earlier objects, are not counted.
   */
  public long rawLength() {
    int own = changeset.segments().size();
    long blocks = changeset.blocks().stream().filter(block -> block.object() <= own).count();
    WalSection wal = changeset.wal();
    long ofWal =
        wal == null
            ? 0
            : wal.pieces().stream()
                .filter(piece -> piece.object() <= own)
                .mapToLong(WalPiece::length)
                .sum();
    return blocks * changeset.identity().blockSize() + ofWal;
  }

  /** What this commit wrote, in bytes: the object, and the segments made for it. */
  public long writtenLength() {
    return objectLength()
        + changeset.segments().stream()
            .filter(segment -> segment.seq() == changeset.seq())
            .mapToLong(SegmentRef::length)
            .sum();
  }
}
