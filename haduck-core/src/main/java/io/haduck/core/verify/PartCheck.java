package io.haduck.core.verify;

import io.haduck.core.CorruptDataException;
import io.haduck.core.internal.fetch.ObjectRange;
import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.Damage;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ObjectPart;
import io.haduck.core.internal.log.ObjectSlice;
import io.haduck.core.internal.log.SliceContent;
import io.haduck.core.internal.log.SliceReader;
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
  private final SliceReader reader = new SliceReader(compression);
  private final Set<String> missing = new HashSet<>();

  /** What was found wrong or missing. */
  private final Map<Integer, Set<ObjectSlice>> wrongBlocks = new HashMap<>();

  private final Set<Part> wrongWal = new HashSet<>();

  PartCheck(CheckedObjects objects, CheckFindings findings) {
    this.objects = objects;
    this.findings = findings;
  }

  /** A block with the hash that it must have, or a piece of WAL. */
  record Part(ObjectSlice slice, SliceContent content) implements ObjectPart {
    static final Comparator<Part> BY_OFFSET = Comparator.comparing(part -> part.slice().offset());

    @Override
    public int rawLength() {
      return content.length();
    }

    String name() {
      return content instanceof SliceContent.Block ? content.name() : "a piece of WAL";
    }
  }

  /** Returns all that a changeset points at, by object. */
  static Map<String, List<Part>> of(DecodedChangeset decoded) {
    Map<String, List<Part>> parts = new TreeMap<>();
    int blockSize = decoded.changeset().identity().blockSize();
    for (StoredBlock block : decoded.changeset().blocks()) {
      var content = new SliceContent.Block(block.blockId(), block.hash(), blockSize);
      add(parts, new Part(decoded.slice(block), content));
    }
    WalSection wal = decoded.changeset().wal();
    if (wal != null) {
      long at = wal.continueAt();
      for (WalPiece piece : wal.pieces()) {
        var content = new SliceContent.Wal(at, piece.length(), piece.sha256());
        add(parts, new Part(decoded.slice(piece), content));
        at += piece.length();
      }
    }
    return parts;
  }

  private static void add(Map<String, List<Part>> parts, Part part) {
    parts.computeIfAbsent(part.slice().objectKey(), key -> new ArrayList<>()).add(part);
  }

  /** Returns whether a state needs something that was found wrong. */
  boolean hits(LogState state) {
    return wrongBlocks.entrySet().stream()
            .anyMatch(
                wrong ->
                    state.index().contains(wrong.getKey())
                        && wrong.getValue().contains(state.index().locate(wrong.getKey())))
        || (!wrongWal.isEmpty()
            && state.wal().runs().stream().anyMatch(run -> wrongWal.contains(anywhere(run))));
  }

  private void wrong(Part part) {
    if (part.content() instanceof SliceContent.Block block) {
      wrongBlocks.computeIfAbsent(block.blockId(), id -> new HashSet<>()).add(part.slice());
    } else if (part.content() instanceof SliceContent.Wal wal) {
      wrongWal.add(anywhere(part.slice(), wal));
    }
  }

  /** Leaves out what a state that was proven has in the same place. */
  static List<Part> unknownTo(@Nullable LogState proven, List<Part> parts) {
    if (proven == null) {
      return parts;
    }
    Set<Part> runs = new HashSet<>();
    proven.wal().runs().forEach(run -> runs.add(anywhere(run)));
    return parts.stream().filter(part -> !knows(proven.index(), runs, part)).toList();
  }

  private static boolean knows(BlockIndex index, Set<Part> runs, Part part) {
    if (part.content() instanceof SliceContent.Block block) {
      return index.hashEquals(block.blockId(), block.hash())
          && index.locate(block.blockId()).equals(part.slice());
    }
    return part.content() instanceof SliceContent.Wal wal
        && runs.contains(anywhere(part.slice(), wal));
  }

  private static Part anywhere(WalRun run) {
    return anywhere(run.slice(), run.content());
  }

  /** The piece, wherever in the stream, and however much of it counts. */
  private static Part anywhere(ObjectSlice slice, SliceContent.Wal wal) {
    return new Part(slice, new SliceContent.Wal(0, wal.length(), wal.sha256()));
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
        if (part.slice().end() > bytes.length) {
          beyond(key, part, bytes.length, seq);
        } else {
          prove(part, bytes, (int) part.slice().offset(), seq, true);
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
        if (stored.length - at < part.slice().storedLength()) {
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
      reader.read(part.slice(), part.content(), stored, offset);
      return true;
    } catch (CorruptDataException e) {
      if (say) {
        wrong(part);
        var damage =
            new Damage(
                part.slice().offset(), part.slice().storedLength(), String.valueOf(e.getMessage()));
        findings.add(part.slice().objectKey(), seq, damage, CheckFindings.RESTORE_VERSION);
      }
      return false;
    }
  }

  private void beyond(String key, Part part, long length, long seq) {
    wrong(part);
    var damage =
        new Damage(
            Math.min(length, part.slice().offset()),
            part.slice().end() - Math.min(length, part.slice().offset()),
            "the object ends at " + length + ", and " + part.name() + " at " + part.slice().end());
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
      if (part.slice().offset() > at) {
        return at;
      }
      at = Math.max(at, part.slice().end());
    }
    return Math.min(at, to);
  }

  @Override
  public void close() {
    compression.close();
  }
}
