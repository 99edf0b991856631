package io.haduck.jdbc;

import io.haduck.core.CommitKind;
import io.haduck.core.CommitReceipt;
import io.haduck.core.internal.log.Changeset;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What each seq of a log holds, written down before it is swept. For one thread. */
final class LogNotes {
  private final Map<Long, String> commits = new TreeMap<>();
  private final Map<Long, String> writers = new TreeMap<>();

  /** What a process says of a commit that it was told is its own. */
  static String line(CommitReceipt told) {
    return line(told.seq(), told.kind(), told.iteration(), told.time());
  }

  private static String line(long seq, CommitKind kind, long iteration, Instant time) {
    return "SEQ " + seq + " " + kind + " " + iteration + " " + time;
  }

  /** The seq of such a line. */
  static long seq(String line) {
    return Long.parseLong(line.split(" ", 3)[1]);
  }

  /** The first note of a seq counts: what comes after it was swept is not of the log. */
  void note(Changeset found) {
    CommitKind kind = found.kind().ofCommit();
    String line = line(found.seq(), kind, found.identity().iteration(), found.time());
    boolean first = commits.putIfAbsent(found.seq(), line) == null;
    String path = found.databasePath();
    if (first && path != null && (kind == CommitKind.EPOCH || kind == CommitKind.BASE)) {
      writers.put(found.seq(), path);
    }
  }

  boolean isNoted(long seq) {
    return commits.containsKey(seq);
  }

  /** Null if there never was one. */
  @Nullable String commit(long seq) {
    return commits.get(seq);
  }

  /** How often another machine became the writer. */
  int takeOvers() {
    int count = 0;
    String last = null;
    for (String writer : writers.values()) {
      if (last != null && !last.equals(writer)) {
        count++;
      }
      last = writer;
    }
    return count;
  }

  @Override
  public String toString() {
    return commits.size()
        + " commits, "
        + writers.size()
        + " of them a writer's first, "
        + takeOvers()
        + " take-overs by another machine";
  }
}
