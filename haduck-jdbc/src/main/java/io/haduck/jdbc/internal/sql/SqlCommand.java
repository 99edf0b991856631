package io.haduck.jdbc.internal.sql;

import java.util.ArrayList;
import java.util.List;

/**
 * An SQL text as DuckDB gets it, and what haduck does around it.
 *
 * @param sql for DuckDB; the caller's own unless it names what only haduck knows
 * @param text what the caller's text is likely to do
 * @param attaches databases that it attaches and that are to be replicated, in their order
 * @param attachedLast how many of them its last statement attaches: none or one
 * @param changesDatabases whether it may attach databases or detach them
 * @param detachesOnly whether it does nothing but detach databases and select others
 * @param checkpoints the databases that it checkpoints, as far as its words tell
 */
public record SqlCommand(
    String sql,
    SqlText text,
    List<AttachTarget> attaches,
    int attachedLast,
    boolean changesDatabases,
    boolean detachesOnly,
    DatabaseNames checkpoints) {

  /** What an empty batch is. */
  public static final SqlCommand NOTHING =
      new SqlCommand("", SqlText.NOTHING, List.of(), 0, false, true, DatabaseNames.NONE);

  public SqlKind kind() {
    return text.kind();
  }

  /** What preparing it runs, which is all but its last statement. */
  public SqlCommand whilePreparing() {
    return with(text, attaches.subList(0, attaches.size() - attachedLast));
  }

  /** What is left to run once it is prepared. */
  public SqlCommand prepared() {
    return with(text.prepared(), attaches.subList(attaches.size() - attachedLast, attaches.size()));
  }

  private SqlCommand with(SqlText part, List<AttachTarget> some) {
    return new SqlCommand(
        sql,
        part,
        List.copyOf(some),
        Math.min(attachedLast, some.size()),
        changesDatabases,
        detachesOnly,
        checkpoints);
  }

  /** Both, one after the other, as a batch runs them. */
  public SqlCommand and(SqlCommand next) {
    var both = new ArrayList<>(attaches);
    both.addAll(next.attaches);
    return new SqlCommand(
        next.sql,
        text.and(next.text),
        both,
        next.attachedLast,
        changesDatabases || next.changesDatabases,
        detachesOnly && next.detachesOnly,
        checkpoints.and(next.checkpoints));
  }
}
