package io.haduck.core.follower;

import io.haduck.core.internal.local.FileStamp;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.LookMoment;
import io.haduck.core.store.ReplicaPlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A copy that an earlier follower left, whole, and what was noted of it. Proven by the stamps of
 * its files alone: what they should hold is in the log, which cannot be read.
 */
record KeptCopy(Copy copy, FileStamp stamp, KeptState state) {
  /** All of one replica that are as they were noted and that DuckDB replays, the newest first. */
  static List<KeptCopy> of(List<Copy> places, String replica, WalReplay replay) throws IOException {
    List<KeptCopy> found = new ArrayList<>();
    for (Copy copy : places) {
      KeptCopy kept = of(copy);
      if (kept != null
          && ReplicaPlace.isSame(kept.state.replica(), replica)
          && (kept.state.replay() == WalReplay.NONE || kept.state.replay() == replay)
          && kept.isUntouched()) {
        found.add(kept);
      }
    }
    found.sort(Comparator.comparingLong((KeptCopy kept) -> kept.state.shown().seq()).reversed());
    return found;
  }

  private static @Nullable KeptCopy of(Copy copy) throws IOException {
    if (!Files.exists(copy.files().journal()) || !copy.isPresent()) {
      return null;
    }
    Optional<CopyCondition> noted = copy.journal().read();
    FileStamp stamp = noted.map(CopyCondition::stamp).orElse(null);
    KeptState state = noted.map(CopyCondition::kept).orElse(null);
    return stamp == null || state == null || noted.get().givenAway()
        ? null
        : new KeptCopy(copy, stamp, state);
  }

  /** Whether database and write-ahead log are the files that were written, and nothing else is. */
  boolean isUntouched() throws IOException {
    CopyFiles files = copy.files();
    Path log = files.wal().wal();
    return stamp.equals(FileStamp.of(files.database()))
        && Objects.equals(state.wal(), Files.exists(log) ? FileStamp.of(log) : null)
        && !Files.exists(files.wal().checkpoint())
        && !Files.exists(files.wal().recovery());
  }

  FollowerCopy asFollower() {
    return new FollowerCopy(copy.files().database(), state.shown());
  }

  /**
   * As readers see it. Its age is by the wall clock, which alone outlives a process; one that was
   * set back since says nothing, and then it is as old as can be.
   */
  Shown shown(LookMoment now) {
    long age = now.wallMillis() - state.currentMillis();
    var current =
        age < 0
            ? new LookMoment(now.nanos(), 0)
            : new LookMoment(
                now.nanos() - TimeUnit.MILLISECONDS.toNanos(age), state.currentMillis());
    FollowedPosition followed = state.shown();
    var position = new LogPosition(followed.seq(), Digest.ofHex(followed.digest()));
    return new Shown(followed, position, 0, current);
  }
}
