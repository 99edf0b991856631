package io.haduck.core.internal.log;

import io.haduck.core.store.ObjectBody;
import java.security.MessageDigest;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * The bytes of a snapshot, piece by piece. The records of the blocks, which are most of it, are
 * made when they are asked for, and each time anew, so that they are never all in memory beside the
 * index. Can be iterated by any thread, as long as nobody changes the snapshot's index.
 */
final class SnapshotPieces implements Iterable<byte[]> {
  /** Blocks in a piece: 256 KiB. */
  private static final int BLOCKS = 8192;

  private final BlockIndex index;
  private final LiveObjects objects;
  private final RoaringBitmap ids;
  private final byte[] head;
  private final byte[] front;
  private final byte[] end;
  private final long length;
  private final Digest trailer;

  SnapshotPieces(Snapshot snapshot) {
    index = snapshot.index();
    List<WalRun> runs = snapshot.wal().runs();
    objects = LiveObjects.of(index, runs);
    ids = index.ids();
    front = front(snapshot, ids);
    end = end(snapshot, objects);
    // The head has the same length whatever length it tells.
    int headLength = SnapshotHead.of(snapshot, objects.all(), 0).encode().length;
    length =
        headLength
            + front.length
            + (long) BlockRecord.LENGTH * index.cardinality()
            + end.length
            + Digest.LENGTH;
    head = SnapshotHead.of(snapshot, objects.all(), length).encode();
    MessageDigest sha256 = Digest.newSha256();
    forEachBeforeTheTrailer(sha256::update);
    trailer = Digest.of(sha256.digest());
  }

  /** As what is to be written; can be read any number of times. */
  ObjectBody body() {
    return ObjectBody.made(length, this);
  }

  /** What comes before the block records. */
  private static byte[] front(Snapshot snapshot, RoaringBitmap ids) {
    Output out = new Output(HeaderBytes.LENGTH + 8192);
    out.bytes(snapshot.headers().bytes());
    String path = snapshot.databasePath();
    byte[] text = path == null ? new byte[0] : DatabasePathText.encode(path);
    return out.i32(text.length).bytes(text).ids(ids).toByteArray();
  }

  /** What comes after them. */
  private static byte[] end(Snapshot snapshot, LiveObjects objects) {
    BlockIndex index = snapshot.index();
    SinceAnchor since = snapshot.sinceAnchor();
    Output out = new Output();
    out.ids(since.changed())
        .ids(index.gained(since.anchorIds()))
        .ids(index.lost(since.anchorIds()));
    SnapshotRuns.write(out, snapshot.wal().runs(), objects);
    return out.toByteArray();
  }

  private void forEachBeforeTheTrailer(Consumer<byte[]> consumer) {
    Iterator<byte[]> pieces = new Pieces(false);
    pieces.forEachRemaining(consumer);
  }

  @Override
  public Iterator<byte[]> iterator() {
    return new Pieces(true);
  }

  private enum Next {
    HEAD,
    FRONT,
    RECORDS,
    END,
    TRAILER,
    NOTHING
  }

  private final class Pieces implements Iterator<byte[]> {
    private final boolean withTrailer;
    private final PeekableIntIterator blocks = ids.getIntIterator();
    private Next next = Next.HEAD;

    Pieces(boolean withTrailer) {
      this.withTrailer = withTrailer;
    }

    @Override
    public boolean hasNext() {
      return next != Next.NOTHING && (withTrailer || next != Next.TRAILER);
    }

    @Override
    public byte[] next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the snapshot ended");
      }
      return switch (next) {
        case HEAD -> then(Next.FRONT, head);
        case FRONT -> then(blocks.hasNext() ? Next.RECORDS : Next.END, front);
        case RECORDS -> {
          byte[] records = records();
          yield then(blocks.hasNext() ? Next.RECORDS : Next.END, records);
        }
        case END -> then(Next.TRAILER, end);
        case TRAILER -> then(Next.NOTHING, trailer.bytes());
        case NOTHING -> throw new NoSuchElementException("the snapshot ended");
      };
    }

    private byte[] then(Next following, byte[] piece) {
      next = following;
      return piece;
    }

    private byte[] records() {
      Output out = new Output(BLOCKS * BlockRecord.LENGTH);
      for (int i = 0; i < BLOCKS && blocks.hasNext(); i++) {
        int id = blocks.next();
        index.write(id, objects.ofIndex(index.objectOf(id)), out);
      }
      return out.toByteArray();
    }
  }
}
