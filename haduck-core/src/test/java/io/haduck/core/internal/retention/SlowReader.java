package io.haduck.core.internal.retention;

import io.haduck.core.internal.retention.LoggedState.Kind;
import io.haduck.core.internal.retention.SimulatedLog.Changeset;
import io.haduck.core.internal.retention.SimulatedLog.Contents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a state from the keys that are left, as docs/internals/format.md says that it is read. It
 * knows nothing of what was planned.
 */
final class SlowReader {
  private final SimulatedLog log;
  private final Set<String> keys;
  private final Map<Long, @Nullable Contents> read = new HashMap<>();

  SlowReader(SimulatedLog log, Set<String> keys) {
    this.log = log;
    this.keys = keys;
  }

  /** Null if it cannot be restored. */
  @Nullable Contents restore(long seq) {
    Contents found = read(seq);
    if (found == null
        || !keys.containsAll(found.blocks().values())
        || !keys.containsAll(found.wal())) {
      return null;
    }
    return found;
  }

  private @Nullable Contents read(long seq) {
    if (!read.containsKey(seq)) {
      read.put(seq, readAnew(seq));
    }
    return read.get(seq);
  }

  private @Nullable Contents readAnew(long seq) {
    if (!keys.contains(SimulatedLog.key(seq))) {
      return null;
    }
    if (keys.contains(SimulatedLog.snapshotKey(seq))) {
      return log.truth.get(seq); // it counts only beside its changeset
    }
    Changeset changeset = log.changesets.get(seq);
    if (seq == 1) {
      return applied(new Contents(new HashMap<>(), new ArrayList<>()), changeset);
    }
    Contents before = read(changeset.selfContained() ? changeset.anchor() : seq - 1);
    return before == null ? null : applied(before.copy(), changeset);
  }

  private static Contents applied(Contents contents, Changeset changeset) {
    if (changeset.kind() != Kind.EPOCH && changeset.selfContained()) {
      contents.wal().clear();
    }
    changeset
        .blocks()
        .forEach(
            (block, object) -> {
              if (object == null) {
                contents.blocks().remove(block);
              } else {
                contents.blocks().put(block, object);
              }
            });
    contents.wal().addAll(changeset.wal());
    return contents;
  }
}
