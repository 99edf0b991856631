package io.haduck.core.verify;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.internal.log.BlockIndex;
import io.haduck.core.internal.log.DecodedChangeset;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ObjectSlice;
import io.haduck.core.internal.log.SliceContent;
import io.haduck.core.internal.log.Snapshot;
import io.haduck.core.internal.log.SnapshotCheck;
import io.haduck.core.internal.log.WalRun;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Checks snapshots, each when the walk comes to its changeset. For one thread. */
final class SnapshotsCheck {
  private final CheckedObjects objects;
  private final PartCheck parts;
  private final CheckFindings findings;
  private final KeptCheck kept;
  private final Set<Long> done = new HashSet<>();
  private long read;

  SnapshotsCheck(CheckedObjects objects, PartCheck parts, CheckFindings findings, KeptCheck kept) {
    this.objects = objects;
    this.parts = parts;
    this.findings = findings;
    this.kept = kept;
  }

  /** Returns how many were read. */
  long read() {
    return read;
  }

  /**
   * Checks the snapshot of a seq, if there is one.
   *
   * @param changeset of that seq, if it can be read
   * @param state after it, if the log led to it
   * @return the state that it leads to; null if it is not there, damaged or wrong
   */
  @Nullable LogState check(
      long seq, @Nullable DecodedChangeset changeset, @Nullable LogState state) {
    if (!objects.snapshots().containsKey(seq)) {
      return null;
    }
    done.add(seq);
    String key = LogKeys.snapshot(seq);
    try {
      byte[] bytes = objects.inMemory(key);
      SnapshotCheck check = SnapshotCheck.of(key, bytes, changeset, state);
      if (check.snapshot() == null) {
        bytes = objects.inMemory(key); // should it have been damaged on its way
        check = SnapshotCheck.of(key, bytes, changeset, state);
      }
      read++;
      objects.checked();
      findings.add(key, seq, check.damages(), kept.adviceOnSnapshot(seq));
      Snapshot snapshot = check.snapshot();
      if (snapshot == null || changeset == null) {
        return null;
      }
      boolean right = places(snapshot, changeset, state);
      return right ? LogState.start(snapshot, changeset) : null;
    } catch (MissingObjectException | CorruptDataException e) {
      findings.add(
          Finding.of(key, seq, String.valueOf(e.getMessage()), kept.adviceOnSnapshot(seq)));
      return null;
    }
  }

  /**
   * Proves the blocks that lie elsewhere than the log says, since the state does not cover places,
   * and the WAL where the log does not say the same.
   */
  private boolean places(Snapshot snapshot, DecodedChangeset changeset, @Nullable LogState state) {
    BlockIndex index = snapshot.index();
    int blockSize = snapshot.identity().blockSize();
    Map<String, List<PartCheck.Part>> elsewhere = new TreeMap<>();
    index
        .ids()
        .forEach(
            (int id) -> {
              ObjectSlice slice = index.locate(id);
              if (state == null || !state.index().locate(id).equals(slice)) {
                var block = new SliceContent.Block(id, index.hash(id), blockSize);
                add(elsewhere, new PartCheck.Part(slice, block));
              }
            });
    Set<WalRun> known = state == null ? Set.of() : new HashSet<>(state.wal().runs());
    for (WalRun run : snapshot.wal().runs()) {
      if (!known.contains(run)) {
        add(elsewhere, new PartCheck.Part(run.slice(), run.content()));
      }
    }
    boolean right = true;
    for (Map.Entry<String, List<PartCheck.Part>> object : elsewhere.entrySet()) {
      boolean there =
          parts.check(object.getKey(), null, object.getValue(), changeset.changeset().seq());
      if (!there && state != null) {
        String key = LogKeys.snapshot(changeset.changeset().seq());
        findings.add(
            Finding.of(
                key,
                changeset.changeset().seq(),
                "the snapshot says that blocks or WAL lie in "
                    + object.getKey()
                    + ", where they are not and the log does not say so",
                kept.adviceOnSnapshot(changeset.changeset().seq())));
      }
      right &= there;
    }
    return right;
  }

  private static void add(Map<String, List<PartCheck.Part>> parts, PartCheck.Part part) {
    parts.computeIfAbsent(part.slice().objectKey(), key -> new ArrayList<>()).add(part);
  }

  /** Checks those whose changeset is not there. */
  void rest(long head) {
    for (long seq : objects.snapshots().keySet()) {
      if (done.contains(seq) || !kept.contains(seq)) {
        continue;
      }
      LogState none = check(seq, null, null);
      String key = LogKeys.snapshot(seq);
      if (none == null && seq > head && !appeared(seq)) {
        findings.add(
            Finding.of(
                key,
                seq,
                "there is a snapshot of seq "
                    + seq
                    + ", but the log ends with seq "
                    + head
                    + ": its last changesets were deleted, or it was rolled back",
                CheckFindings.RESTORE_VERSION));
      } else if (seq <= head) {
        findings.note(key + " has no changeset any more; readers ignore it");
      }
    }
  }

  /** Whether a writer added it since the listing. */
  private boolean appeared(long seq) {
    try {
      return objects.range(LogKeys.changeset(seq), 0, 1).length > 0;
    } catch (MissingObjectException e) {
      return false;
    }
  }
}
