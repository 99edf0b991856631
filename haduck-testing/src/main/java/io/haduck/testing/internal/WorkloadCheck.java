package io.haduck.testing.internal;

import io.haduck.testing.internal.WorkloadModel.Entry;
import io.haduck.testing.internal.WorkloadModel.Kind;
import io.haduck.testing.internal.WorkloadModel.Table;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whether a database is one that a {@link Workload} had committed at some moment. */
public final class WorkloadCheck {
  private final Connection connection;
  private final int writers;
  private final List<String> violations = new ArrayList<>();
  private final List<WorkloadModel> models = new ArrayList<>();
  private final long[] last;

  private WorkloadCheck(Connection connection, int writers) {
    this.connection = connection;
    this.writers = writers;
    this.last = new long[writers];
  }

  /**
   * Judges a database, which may be empty; draws from its sequences.
   *
   * @param acknowledged the last number of each writer that must be there
   * @return what is wrong; empty if nothing is
   */
  public static List<String> violations(Connection connection, long[] acknowledged)
      throws SQLException {
    var check = new WorkloadCheck(connection, acknowledged.length);
    check.run();
    for (int writer = 0; writer < acknowledged.length; writer++) {
      if (check.last[writer] < acknowledged[writer]) {
        check.violations.add(
            "writer "
                + writer
                + " ends at "
                + check.last[writer]
                + ", acknowledged is "
                + acknowledged[writer]);
      }
    }
    return check.violations;
  }

  /** The last number of each writer, in a database that may be empty. */
  public static long[] last(Connection connection, int writers) throws SQLException {
    long[] last = new long[writers];
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'journal'")) {
      found.next();
      if (found.getLong(1) == 0) {
        return last;
      }
    }
    for (int writer = 0; writer < writers; writer++) {
      last[writer] = journal(connection, writer).last();
    }
    return last;
  }

  /** How often an entry's filler repeats its hash: some need overflow blocks. */
  static int repeats(long n) {
    if (n % 97 == 0) {
      return 1000;
    }
    return n % 11 == 0 ? 200 : 1;
  }

  /** Follows a writer's journal. */
  static WorkloadModel journal(Connection connection, int writer) throws SQLException {
    var model = new WorkloadModel();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT n, kind, of_n, amount, drawn FROM journal WHERE writer = "
                    + writer
                    + " ORDER BY n")) {
      while (rows.next()) {
        model.apply(
            new Entry(
                writer,
                rows.getLong(1),
                Kind.valueOf(rows.getString(2)),
                rows.getLong(3),
                rows.getLong(4),
                rows.getLong(5)));
      }
    }
    return model;
  }

  private interface Row {
    void read(ResultSet row) throws SQLException;
  }

  private void each(String sql, Row action) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        action.read(rows);
      }
    }
  }

  private void expect(String what, Object expected, Object found) {
    if (!expected.equals(found)) {
      violations.add(what + ": expected " + expected + ", found " + found);
    }
  }

  private void run() throws SQLException {
    var names = new TreeSet<String>();
    each(
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal",
        row -> names.add(row.getString(1)));
    if (!names.contains("journal")) {
      expect("tables before the first transaction", new TreeSet<String>(), names);
      return;
    }
    var expected = new TreeSet<>(List.of("journal", "items", "accounts"));
    var indexes = new TreeSet<String>();
    var views = new TreeSet<String>();
    for (int writer = 0; writer < writers; writer++) {
      WorkloadModel model;
      try {
        model = journal(connection, writer);
        models.add(model);
      } catch (IllegalStateException e) {
        violations.add("journal: " + e.getMessage());
        return;
      }
      last[writer] = model.last();
      expected.add("bulk" + writer);
      int number = writer;
      model
          .tables()
          .forEach(
              (n, table) -> {
                expected.add("own_" + number + "_" + n);
                if (table.indexed()) {
                  indexes.add("iown_" + number + "_" + n);
                }
              });
      if (model.view() != null) {
        views.add("view" + writer);
      }
    }
    expect("tables", expected, names);
    names("indexes", indexes, "SELECT index_name FROM duckdb_indexes()");
    names("views", views, "SELECT view_name FROM duckdb_views() WHERE NOT internal");
    if (violations.isEmpty()) {
      contents();
    }
  }

  private void names(String what, Set<String> expected, String sql) throws SQLException {
    var found = new TreeSet<String>();
    each(sql, row -> found.add(row.getString(1)));
    expect(what, expected, found);
  }

  private void contents() throws SQLException {
    each(
        "SELECT count(*), coalesce(sum(balance), 0) FROM accounts",
        row -> {
          expect("accounts", (long) Workload.ACCOUNTS, row.getLong(1));
          expect("sum", (long) Workload.ACCOUNTS * Workload.BALANCE, row.getLong(2));
        });
    each(
        "SELECT writer, n FROM journal WHERE n < 1 OR filler IS DISTINCT FROM repeat(md5(writer || ':'"
            + " || n), CASE WHEN kind = 'SINGLE' AND drawn = 0 THEN 1 WHEN n % 97 = 0 THEN 1000"
            + " WHEN n % 11 = 0 THEN 200 ELSE 1 END)",
        row -> violations.add("filler of " + row.getInt(1) + ":" + row.getLong(2)));
    each(
        "SELECT writer, n, i FROM items WHERE text IS DISTINCT FROM md5(n || ':' || i)"
            + " OR tags IS DISTINCT FROM [i, i + 1] OR s.a IS DISTINCT FROM n"
            + " OR s.b IS DISTINCT FROM 'x' || i",
        row ->
            violations.add("item " + row.getInt(1) + ":" + row.getLong(2) + ":" + row.getInt(3)));
    for (int writer = 0; writer < writers; writer++) {
      contentsOf(writer);
    }
  }

  private void contentsOf(int writer) throws SQLException {
    WorkloadModel model = models.get(writer);
    var items = new TreeMap<Long, Long>();
    each(
        "SELECT n, count(DISTINCT i), count(*), max(i) FROM items WHERE writer = "
            + writer
            + " GROUP BY n",
        row -> {
          items.put(row.getLong(1), row.getLong(3));
          expect("different items", row.getLong(3), row.getLong(2));
          expect("last item", row.getLong(3) - 1, row.getLong(4));
        });
    expect("items of " + writer, model.items(), items);
    var bulks = new TreeMap<Long, Long>();
    each(
        "SELECT n, count(*), sum(v), count(*) FILTER (h IS DISTINCT FROM hash(v + n)) FROM bulk"
            + writer
            + " GROUP BY n",
        row -> {
          long rows = row.getLong(2);
          bulks.put(row.getLong(1), rows);
          expect("sum of a bulk", rows * (rows - 1) / 2, row.getLong(3));
          expect("wrong rows of a bulk", 0L, row.getLong(4));
        });
    expect("bulks of " + writer, model.bulks(), bulks);
    for (var each : model.tables().entrySet()) {
      table("own_" + writer + "_" + each.getKey(), each.getValue());
    }
    Long view = model.view();
    if (view != null) {
      each("SELECT n FROM view" + writer, row -> expect("view", view, row.getLong(1)));
    }
    // duckdb_sequences() does not say it: older versions forget last_value when they replay.
    each(
        "SELECT nextval('drawn" + writer + "')",
        row -> {
          if (row.getLong(1) <= model.lastDrawn()) {
            violations.add(
                "sequence of "
                    + writer
                    + " gives "
                    + row.getLong(1)
                    + ", drawn was "
                    + model.lastDrawn());
          }
        });
  }

  private void table(String name, Table table) throws SQLException {
    each(
        "SELECT count(*), sum(a), count(DISTINCT a), (SELECT column_count FROM duckdb_tables() WHERE"
            + " table_name = '"
            + name
            + "') FROM "
            + name,
        row -> {
          expect("rows of " + name, table.rows(), row.getLong(1));
          expect("sum of " + name, table.sum(), row.getLong(2));
          expect("different values of " + name, table.rows(), row.getLong(3));
          expect("columns of " + name, table.columns(), row.getInt(4));
        });
    long one = table.raised() + table.rows() / 2;
    each(
        "SELECT count(*) FROM " + name + " WHERE a = " + one,
        row -> expect("found in " + name, 1L, row.getLong(1)));
  }
}
