package io.haduck.jdbc.internal.database;

import io.haduck.core.CommitMark;
import io.haduck.core.settings.Durability;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Where the databases whose commits wait for a replica were when a call began: whether the call has
 * written is shown by what stands in the files behind that, not by its text. Immutable.
 */
public final class CommitMarks {
  /**
   * DuckDB 1.4 does not write a commit to its write-ahead log that checkpoints by itself; known by
   * what its driver does not have.
   */
  private static final boolean CHECKPOINTS_SKIP_THE_WAL = !has("org.duckdb.DuckDBFunctions");

  private final List<Marked> all;

  /** One database then; the mark is null if it could not be read. */
  private record Marked(Replication replication, @Nullable CommitMark mark) {}

  private CommitMarks(List<Marked> all) {
    this.all = all;
  }

  /** Where they are now. */
  public static CommitMarks of(List<Replication> replications) {
    var all = new ArrayList<Marked>(replications.size());
    for (Replication replication : replications) {
      if (replication.durability() == Durability.COMMIT) {
        all.add(new Marked(replication, replication.mark()));
      }
    }
    return new CommitMarks(all);
  }

  /**
   * Those to which somebody has committed since, or that cannot be read, or were not there.
   *
   * @param present the replications now
   */
  public List<Replication> moved(List<Replication> present) {
    var moved = new ArrayList<Replication>(1);
    for (Replication replication : present) {
      if (replication.durability() == Durability.COMMIT
          && all.stream().noneMatch(one -> one.replication == replication)) {
        moved.add(replication);
      }
    }
    for (Marked one : all) {
      CommitMark now = one.replication.mark();
      if (now == null || one.mark == null || now.movedSince(one.mark)) {
        moved.add(one.replication);
      }
    }
    return moved;
  }

  /**
   * Those in which somebody has drawn sequence values since and committed nothing else with them,
   * as a call does that only reads. What others write meanwhile does not count, nor what cannot be
   * read: a call that reads does not fail for that.
   */
  public List<Replication> drew() {
    var drew = new ArrayList<Replication>(1);
    for (Marked one : all) {
      CommitMark now = one.mark == null ? null : one.replication.mark();
      if (now != null && one.mark != null && drew(one.mark, now)) {
        drew.add(one.replication);
      }
    }
    return drew;
  }

  private static boolean drew(CommitMark before, CommitMark now) {
    return now.drewSince(before)
        || (CHECKPOINTS_SKIP_THE_WAL
            && now.position().iteration() != before.position().iteration());
  }

  private static boolean has(String driverClass) {
    try {
      Class.forName(driverClass, false, DuckDBConnection.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}
