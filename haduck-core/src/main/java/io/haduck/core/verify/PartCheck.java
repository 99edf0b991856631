package io.haduck.core.verify;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.fetch.FetchPlan;
import io.haduck.core.internal.fetch.ObjectPart;
import io.haduck.core.internal.fetch.ObjectRange;
import io.haduck.core.internal.fetch.WalPieces;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.BlockLocation;
import io.haduck.core.internal.log.BlockReader;
import io.haduck.core.internal.log.Damage;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.StoredBlock;
import io.haduck.core.internal.log.WalPiece;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.internal.log.WalSection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Proves the blocks and pieces of WAL that changesets and snapshots point at: length, CRC32C,
 * decompression, hash. For one thread.
 */
final class PartCheck implements AutoCloseable {
  private final CheckedObjects objects;
  private final CheckFindings findings;
  private final BlockCompression compression = new BlockCompression();
  private final WalPieces pieces = new WalPieces(compression);
  private final Set<String> missing = new HashSet<>();

  /** What was found wrong or missing. */
  private final Map<Integer, Set<BlockLocation>> wrongBlocks = new HashMap<>();

  private final Set<WalRun> wrongWal = new HashSet<>();

  PartCheck(CheckedObjects objects, CheckFindings findings) {
    this.objects = objects;
    this.findings = findings;
  }

  /** A block with the hash that it must have, or a piece of WAL. */
  record Part(ObjectPart place, @Nullable StoredBlock block, int blockSize) implements ObjectPart {
    static final Comparator<Part> BY_OFFSET = Comparator.comparing(Part::offset);

    @Override
    public String objectKey() {
      return place.objectKey();
    }

    @Override
    public long offset() {
      return place.offset();
    }

    @Override
    public int storedLength() {
      return place.storedLength();
    }

    @Override
    public int rawLength() {
      return place.rawLength();
    }

    long end() {
      return place.offset() + place.storedLength();
    }

    String name() {
      return block != null ? "block " + block.blockId() : "a piece of WAL";
    }
  }

  /** All that a changeset points at, by object. */
  static Map<String, List<Part>> of(DecodedChangeset decoded) {
    Map<String, List<Part>> parts = new TreeMap<>();
    int blockSize = decoded.changeset().identity().blockSize();
    for (StoredBlock block : decoded.changeset().blocks()) {
      var location =
          new BlockLocation(
              decoded.objectKey(block.object()),
              decoded.objectOffset(block.object(), block.offset()),
              block.storedLength(),
              block.crc32c(),
              block.compressed(),
              block.checksumInvalid());
      var wanted = new FetchPlan.Wanted(block.blockId(), location);
      add(parts, new Part(wanted, block, blockSize));
    }
    WalSection wal = decoded.changeset().wal();
    if (wal != null) {
      long at = wal.continueAt();
      for (WalPiece piece : wal.pieces()) {
        String key = decoded.objectKey(piece.object());
        long offset = decoded.objectOffset(piece.object(), piece.offset());
        var run = new WalRun(key, offset, piece, at, piece.length());
        add(parts, new Part(new WalPieces.Wanted(run), null, blockSize));
        at += piece.length();
      }
    }
    return parts;
  }

  private static void add(Map<String, List<Part>> parts, Part part) {
    parts.computeIfAbsent(part.objectKey(), key -> new ArrayList<>()).add(part);
  }

  /** Whether a state needs something that was found wrong. */
  boolean hits(LogState state) {
    return wrongBlocks.entrySet().stream()
            .anyMatch(
                wrong ->
                    state.index().contains(wrong.getKey())
                        && wrong.getValue().contains(state.index().locate(wrong.getKey())))
        || (!wrongWal.isEmpty()
            && state.wal().runs().stream().anyMatch(run -> wrongWal.contains(whole(run))));
  }

  private void wrong(Part part) {
    if (part.place() instanceof FetchPlan.Wanted wanted) {
      wrongBlocks.computeIfAbsent(wanted.blockId(), id -> new HashSet<>()).add(wanted.location());
    } else if (part.place() instanceof WalPieces.Wanted wanted) {
      wrongWal.add(whole(wanted.run()));
    }
  }

  /** Leaves out what a state that was proven has in the same place. */
  static List<Part> unknownTo(@Nullable LogState proven, List<Part> parts) {
    if (proven == null) {
      return parts;
    }
    Set<WalRun> runs = new HashSet<>();
    proven.wal().runs().forEach(run -> runs.add(whole(run)));
    return parts.stream().filter(part -> !knows(proven.index(), runs, part)).toList();
  }

  private static boolean knows(BlockIndex index, Set<WalRun> runs, Part part) {
    StoredBlock block = part.block();
    if (block == null) {
      return part.place() instanceof WalPieces.Wanted wanted && runs.contains(whole(wanted.run()));
    }
    return part.place() instanceof FetchPlan.Wanted wanted
        && index.hashEquals(block.blockId(), block.hash())
        && index.locate(block.blockId()).equals(wanted.location());
  }

  /** The piece, wherever in the stream, however much of it counts, and whoever names it. */
  private static WalRun whole(WalRun run) {
    WalPiece piece = run.piece();
    var plain =
        new WalPiece(
            0,
            0,
            piece.storedLength(),
            piece.length(),
            piece.crc32c(),
            piece.compressed(),
            piece.sha256());
    return new WalRun(run.objectKey(), run.offset(), plain, 0, piece.length());
  }

  /**
   * Proves parts of an object that is in memory, or else reads them.
   *
   * @param bytes of the object, all of them; null to read what is needed
   * @return whether all are right
   */
  boolean check(String key, byte @Nullable [] bytes, List<Part> parts, long seq) {
    int before = findings.count();
    if (bytes != null) {
      for (Part part : parts) {
        if (part.end() > bytes.length) {
          beyond(key, part, bytes.length, seq);
        } else {
          prove(part, bytes, (int) part.offset(), seq, true);
        }
      }
    } else if (!objects.has(key)) {
      missing(key, parts, seq);
    } else {
      for (ObjectRange<Part> range : ObjectRange.join(parts)) {
        fetch(range, seq);
      }
    }
    return findings.count() == before;
  }

  /** Once more where something is wrong, should it have been damaged on its way. */
  private void fetch(ObjectRange<Part> range, long seq) {
    List<Part> wrong = range.parts();
    for (boolean last : new boolean[] {false, true}) {
      byte[] stored = objects.range(range.objectKey(), range.offset(), range.length());
      List<Part> again = new ArrayList<>();
      for (Part part : wrong) {
        int at = range.indexOf(part);
        if (stored.length - at < part.storedLength()) {
          if (last) {
            beyond(range.objectKey(), part, range.offset() + stored.length, seq);
          }
          again.add(part);
        } else if (!prove(part, stored, at, seq, last)) {
          again.add(part);
        }
      }
      if (again.isEmpty()) {
        return;
      }
      wrong = again;
    }
  }

  private boolean prove(Part part, byte[] stored, int offset, long seq, boolean say) {
    try {
      StoredBlock block = part.block();
      if (block != null && part.place() instanceof FetchPlan.Wanted wanted) {
        new BlockReader(compression, part.blockSize())
            .read(block.blockId(), block.hash(), wanted.location(), stored, offset);
      } else if (part.place() instanceof WalPieces.Wanted wanted) {
        pieces.read(wanted.run(), stored, offset);
      }
      return true;
    } catch (CorruptDataException e) {
      if (say) {
        wrong(part);
        var damage = new Damage(part.offset(), part.storedLength(), String.valueOf(e.getMessage()));
        findings.add(part.objectKey(), seq, damage, CheckFindings.RESTORE_VERSION);
      }
      return false;
    }
  }

  private void beyond(String key, Part part, long length, long seq) {
    wrong(part);
    var damage =
        new Damage(
            Math.min(length, part.offset()),
            part.end() - Math.min(length, part.offset()),
            "the object ends at " + length + ", and " + part.name() + " at " + part.end());
    findings.add(key, seq, damage, CheckFindings.RESTORE_VERSION);
  }

  private void missing(String key, List<Part> parts, long seq) {
    parts.forEach(this::wrong);
    if (missing.add(key)) {
      findings.add(
          Finding.of(
              key,
              seq,
              "the object is missing; seq "
                  + seq
                  + (parts.isEmpty() ? " lists it" : " needs it for " + parts.get(0).name())
                  + (parts.size() > 1 ? " and " + (parts.size() - 1) + " more parts" : ""),
              CheckFindings.RESTORE_VERSION));
    }
  }

  /**
   * From where on bytes of a range belong to no part; {@code to} if all do.
   *
   * @param parts in any order
   */
  static long uncovered(long from, long to, List<Part> parts) {
    List<Part> sorted = new ArrayList<>(parts);
    sorted.sort(Part.BY_OFFSET);
    long at = from;
    for (Part part : sorted) {
      if (part.offset() > at) {
        return at;
      }
      at = Math.max(at, part.end());
    }
    return Math.min(at, to);
  }

  @Override
  public void close() {
    compression.close();
  }
}
