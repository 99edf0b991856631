package io.haduck.core.internal.log;

import java.util.ArrayList;
import java.util.List;

/** How the runs of the WAL's stream stand in a snapshot. See docs/internals/format.md. */
final class SnapshotRuns {
  static final int LENGTH = 56;

  private static final int COMPRESSED = 1 << 31;

  private SnapshotRuns() {}

  static void write(Output out, List<WalRun> runs, LiveObjects objects) {
    out.i32(runs.size());
    for (WalRun run : runs) {
      ObjectSlice slice = run.slice();
      out.i32(objects.of(slice.objectKey()))
          .i32((int) slice.offset())
          .i32(slice.storedLength() | (slice.compressed() ? COMPRESSED : 0))
          .i32(run.content().length())
          .i32(run.usedLength())
          .i32(slice.crc32c())
          .digest(run.content().sha256());
    }
  }

  static List<WalRun> read(Input in, List<LiveObject> objects) {
    int count = in.count(LENGTH, "runs of WAL");
    List<WalRun> runs = new ArrayList<>(count);
    long at = 0;
    for (int i = 0; i < count; i++) {
      int object = in.i32Between(0, objects.size() - 1, "the object of a run of WAL");
      long offset = in.u32();
      int lengthAndFlag = in.i32();
      int length = in.i32Between(1, WalPiece.MAX_LENGTH, "the length of a run of WAL");
      int used = in.i32Between(1, length, "the used length of a run of WAL");
      WalPiece piece =
          new WalPiece(
              object,
              offset,
              lengthAndFlag & ~COMPRESSED,
              length,
              in.i32(),
              (lengthAndFlag & COMPRESSED) != 0,
              in.digest());
      ObjectSlice slice =
          new ObjectSlice(
              objects.get(object).key(),
              offset,
              piece.storedLength(),
              piece.crc32c(),
              piece.compressed());
      runs.add(new WalRun(slice, new SliceContent.Wal(at, length, piece.sha256()), used));
      at += used;
    }
    return runs;
  }
}
