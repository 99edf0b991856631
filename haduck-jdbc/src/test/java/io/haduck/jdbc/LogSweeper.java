package io.haduck.jdbc;

import io.haduck.core.HaduckException;
import io.haduck.core.internal.log.Changeset;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.LoadProgress;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.internal.log.WalRun;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Deletes old keys of a log beside its writers: those below a snapshot, which it writes, that hold
 * nothing the snapshot refers to. Never the first BASE, never an EPOCH, nothing that is younger
 * than 15 s and a little.
 */
final class LogSweeper {
  private static final long YOUNGEST = TimeUnit.SECONDS.toNanos(18);

  private final ObjectStore store;
  private final ReplicationLog log;
  private final Map<String, Long> firstSeen = new HashMap<>();
  private final LogNotes notes = new LogNotes();
  private int swept;

  LogSweeper(ObjectStore store) {
    this.store = store;
    this.log = new ReplicationLog(store);
  }

  int swept() {
    return swept;
  }

  /** Sweeps once; leaves it for the next time where the log has changed meanwhile. */
  void sweep() {
    try {
      List<String> keys = keys();
      long now = System.nanoTime();
      keys.forEach(key -> firstSeen.putIfAbsent(key, now));
      Optional<LogState> head = log.loadLatest(LoadProgress.NONE);
      Optional<LogState> anchor =
          head.flatMap(state -> log.loadAt(state.anchor().seq(), LoadProgress.NONE));
      if (anchor.isEmpty()) {
        return;
      }
      PutResult snapshot = log.writeSnapshot(anchor.get());
      if (snapshot.outcome() == PutResult.Outcome.UNKNOWN) {
        return;
      }
      Set<String> needed = needed(anchor.get());
      needed.addAll(needed(head.get()));
      for (String key : keys) {
        long seq = LogKeys.changesetSeq(key).orElse(0);
        boolean old = now - firstSeen.getOrDefault(key, now) > YOUNGEST;
        if (old && seq > 1 && seq < anchor.get().position().seq() && !needed.contains(key)) {
          Changeset needless = log.read(seq).orElseThrow().changeset();
          if (needless.kind() != ChangesetKind.EPOCH) {
            notes.note(needless);
            store.deleteAll(List.of(key));
            swept++;
          }
        }
      }
    } catch (HaduckException e) {
      // another time
    }
  }

  /** All that is in the log, and was. No process may write meanwhile. */
  LogNotes notes() {
    for (String key : keys()) {
      long seq = LogKeys.changesetSeq(key).orElse(0);
      if (!notes.isNoted(seq)) {
        notes.note(log.read(seq).orElseThrow().changeset());
      }
    }
    return notes;
  }

  private static Set<String> needed(LogState state) {
    Set<String> keys = new HashSet<>();
    for (int id : state.index().ids().toArray()) {
      keys.add(state.index().locate(id).objectKey());
    }
    for (WalRun run : state.wal().runs()) {
      keys.add(run.slice().objectKey());
    }
    return keys;
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    String after = "";
    while (true) {
      Listing page = store.list(LogKeys.CHANGESETS, after);
      for (Listing.Entry each : page.objects()) {
        keys.add(each.key());
        after = each.key();
      }
      if (!page.truncated()) {
        return keys;
      }
    }
  }
}
