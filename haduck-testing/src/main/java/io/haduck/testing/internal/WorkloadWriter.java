package io.haduck.testing.internal;

import io.haduck.testing.internal.WorkloadModel.Entry;
import io.haduck.testing.internal.WorkloadModel.Kind;
import io.haduck.testing.internal.WorkloadModel.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/** One writer of a {@link Workload}, for one thread. */
final class WorkloadWriter {
  /** More than a row group, so that DuckDB writes the rows to the database file at once. */
  private static final int BULK_ROWS = 123_000;

  private static final int MOST_BULKS = 2;
  private static final int MOST_TABLES = 4;

  private final int writer;
  private final Connection connection;
  private final WorkloadShape shape;
  private final Random random;
  private final LongConsumer acknowledged;
  private final Predicate<SQLException> pending;
  private WorkloadModel model;
  private boolean waiting;
  private long committed;
  private long refused;
  private long checkpoints;

  /** What a transaction does besides its entry. */
  private record Task(Kind kind, long of, long amount, List<String> statements) {
    Task(Kind kind, long of, long amount, String... statements) {
      this(kind, of, amount, List.of(statements));
    }
  }

  WorkloadWriter(
      int writer,
      Connection connection,
      WorkloadShape shape,
      Random random,
      LongConsumer acknowledged,
      Predicate<SQLException> pending)
      throws SQLException {
    this.writer = writer;
    this.connection = connection;
    this.shape = shape;
    this.random = random;
    this.acknowledged = acknowledged;
    this.pending = pending;
    this.model = WorkloadCheck.journal(connection, writer);
  }

  long committed() {
    return committed;
  }

  long refused() {
    return refused;
  }

  long checkpoints() {
    return checkpoints;
  }

  /** One transaction, committed, rolled back or refused; or a checkpoint. */
  void step() throws SQLException {
    waiting = false;
    long before = model.last();
    try {
      int draw = random.nextInt(100);
      if (random.nextInt(shape.bulkEvery()) == 0) {
        transaction(bulk());
      } else if (draw < 40) {
        autocommitted();
      } else if (draw < 50) {
        batch();
      } else if (draw < 75) {
        transaction(small());
      } else if (draw < 87) {
        transaction(definition());
      } else if (draw < 96) {
        rolledBack();
      } else {
        checkpoint();
      }
    } catch (SQLException e) {
      refused(e);
      return;
    }
    committed += model.last() - before;
    if (!waiting && model.last() > before) {
      acknowledged.accept(model.last());
    }
  }

  private void autocommitted() throws SQLException {
    execute(entrySql(model.last() + 1, Kind.SINGLE, 0, 0));
    model.apply(entry(Kind.SINGLE, 0, 0));
  }

  private void batch() throws SQLException {
    int rows = 2 + random.nextInt(20);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO journal SELECT ?::INTEGER, ?::BIGINT, 'SINGLE', 0, 0, 0, repeat(md5("
                + writer
                + " || ':' || ?::BIGINT), 1)")) {
      boolean whole = random.nextBoolean();
      if (whole) {
        connection.setAutoCommit(false);
      }
      for (int row = 1; row <= rows; row++) {
        insert.setInt(1, writer);
        insert.setLong(2, model.last() + row);
        insert.setLong(3, model.last() + row);
        insert.addBatch();
      }
      calling(insert::executeBatch);
      if (whole) {
        calling(connection::commit);
        calling(() -> connection.setAutoCommit(true));
      }
    }
    for (int row = 1; row <= rows; row++) {
      model.apply(entry(Kind.SINGLE, 0, 0));
    }
  }

  private void transaction(Task task) throws SQLException {
    boolean asText = random.nextBoolean();
    if (asText) {
      execute("BEGIN");
    } else {
      connection.setAutoCommit(false);
    }
    boolean entryFirst = random.nextBoolean();
    String entry = entrySql(model.last() + 1, task.kind(), task.of(), task.amount());
    if (entryFirst) {
      execute(entry);
    }
    for (String sql : task.statements()) {
      execute(sql);
    }
    if (!entryFirst) {
      execute(entry);
    }
    if (asText) {
      execute("COMMIT");
    } else {
      calling(connection::commit);
      calling(() -> connection.setAutoCommit(true));
    }
    model.apply(entry(task.kind(), task.of(), task.amount()));
  }

  private Task small() {
    long n = model.last() + 1;
    int draw = random.nextInt(10);
    if (draw < 3) {
      int from = random.nextInt(Workload.ACCOUNTS);
      int to = (from + 1 + random.nextInt(Workload.ACCOUNTS - 1)) % Workload.ACCOUNTS;
      int amount = 1 + random.nextInt(10);
      return new Task(
          Kind.TRANSFER,
          0,
          amount,
          "UPDATE accounts SET balance = balance - " + amount + " WHERE id = " + from,
          "UPDATE accounts SET balance = balance + " + amount + " WHERE id = " + to);
    }
    if (draw < 5 && !model.items().isEmpty()) {
      long of = any(model.items());
      return new Task(
          Kind.DELETED, of, 0, "DELETE FROM items WHERE writer = " + writer + " AND n = " + of);
    }
    int rows = 2 + random.nextInt(draw == 9 ? 3000 : 10);
    int half = rows / 2;
    return new Task(Kind.ITEMS, 0, rows, itemsSql(n, 0, half), itemsSql(n, half, rows));
  }

  private String itemsSql(long n, int from, int to) {
    return "INSERT INTO items SELECT "
        + writer
        + ", "
        + n
        + ", range, md5("
        + n
        + " || ':' || range), [range::INTEGER, range::INTEGER + 1], {'a': "
        + n
        + ", 'b': 'x' || range} FROM range("
        + from
        + ", "
        + to
        + ")";
  }

  private Task bulk() {
    long n = model.last() + 1;
    int rows = BULK_ROWS + random.nextInt(20_000);
    String values =
        " SELECT " + n + " AS n, range AS v, hash(range + " + n + ") AS h FROM range(" + rows + ")";
    if (model.bulks().size() < MOST_BULKS) {
      return new Task(Kind.BULK, 0, rows, "INSERT INTO bulk" + writer + values);
    }
    if (random.nextInt(3) == 0) {
      return new Task(
          Kind.BULK_REPLACED, 0, rows, "CREATE OR REPLACE TABLE bulk" + writer + " AS" + values);
    }
    long of = any(model.bulks());
    return new Task(Kind.BULK_DELETED, of, 0, "DELETE FROM bulk" + writer + " WHERE n = " + of);
  }

  private Task definition() {
    long n = model.last() + 1;
    if (random.nextInt(10) == 0) {
      return new Task(
          Kind.VIEW, 0, 0, "CREATE OR REPLACE VIEW view" + writer + " AS SELECT " + n + " AS n");
    }
    if (model.tables().isEmpty()
        || (model.tables().size() < MOST_TABLES && random.nextInt(4) == 0)) {
      int rows = 5 + random.nextInt(500);
      return new Task(
          Kind.CREATED,
          0,
          rows,
          "CREATE TABLE " + table(n) + " AS SELECT range AS a FROM range(" + rows + ")");
    }
    long of = any(model.tables());
    Table table = Objects.requireNonNull(model.tables().get(of));
    String name = table(of);
    int draw = random.nextInt(10);
    if (draw < 2) {
      return new Task(Kind.DROPPED, of, 0, "DROP TABLE " + name);
    }
    if (draw < 4 && !table.indexed()) {
      return new Task(
          Kind.ALTERED, of, 0, "ALTER TABLE " + name + " ADD COLUMN c" + n + " INTEGER DEFAULT 7");
    }
    if (draw < 6 && !table.indexed() && shape.indexes()) {
      return new Task(Kind.INDEXED, of, 0, "CREATE INDEX i" + name + " ON " + name + "(a)");
    }
    if (draw < 8) {
      int raise = 1 + random.nextInt(100);
      return new Task(Kind.UPDATED, of, raise, "UPDATE " + name + " SET a = a + " + raise);
    }
    int rows = 1 + random.nextInt(100);
    return new Task(
        Kind.INSERTED,
        of,
        rows,
        "INSERT INTO "
            + name
            + "(a) SELECT range + "
            + table.raised()
            + " FROM range("
            + table.rows()
            + ", "
            + (table.rows() + rows)
            + ")");
  }

  private String table(long n) {
    return "own_" + writer + "_" + n;
  }

  /** What must never be seen. */
  private void rolledBack() throws SQLException {
    execute("BEGIN");
    switch (random.nextInt(4)) {
      case 0 -> execute(itemsSql(-1, 0, 20));
      case 1 -> execute("CREATE TABLE undone_" + writer + " AS SELECT range AS a FROM range(20)");
      case 2 -> execute("UPDATE accounts SET balance = balance + 1 WHERE id = " + writer);
      default -> {
        if (random.nextInt(Math.max(1, shape.bulkEvery() / 10)) == 0) {
          execute(
              "INSERT INTO bulk" + writer + " SELECT -1, range, 0 FROM range(" + BULK_ROWS + ")");
        } else {
          execute("DELETE FROM items WHERE writer = " + writer);
        }
      }
    }
    execute(entrySql(-1, Kind.SINGLE, 0, 0));
    execute("ROLLBACK");
  }

  private void checkpoint() throws SQLException {
    checkpoints++;
    execute(shape.forced() && random.nextInt(4) == 0 ? "FORCE CHECKPOINT" : "CHECKPOINT");
  }

  /**
   * Conflicts are part of life. An instance that broke is not, nor is a commit that failed and is
   * there: the journal tells.
   */
  private void refused(SQLException e) throws SQLException {
    refused++;
    String message = String.valueOf(e.getMessage());
    if (message.contains("invalidated") || String.valueOf(e.getSQLState()).startsWith("08")) {
      throw e;
    }
    try {
      if (connection.getAutoCommit()) {
        execute("ROLLBACK");
      } else {
        connection.rollback();
      }
    } catch (SQLException none) {
      if (String.valueOf(none.getMessage()).contains("invalidated")) {
        throw none;
      }
    }
    if (!connection.getAutoCommit()) {
      calling(() -> connection.setAutoCommit(true));
    }
    model = WorkloadCheck.journal(connection, writer);
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      calling(() -> statement.execute(sql));
    }
  }

  private interface Call {
    void run() throws SQLException;
  }

  private void calling(Call call) throws SQLException {
    try {
      call.run();
    } catch (SQLException e) {
      if (!pending.test(e)) {
        throw e;
      }
      waiting = true;
    }
  }

  private Entry entry(Kind kind, long of, long amount) {
    return new Entry(writer, model.last() + 1, kind, of, amount, 0);
  }

  private String entrySql(long n, Kind kind, long of, long amount) {
    return "INSERT INTO journal SELECT "
        + writer
        + ", "
        + n
        + ", '"
        + kind
        + "', "
        + of
        + ", "
        + amount
        + ", nextval('drawn"
        + writer
        + "'), repeat(md5("
        + writer
        + " || ':' || "
        + n
        + "), "
        + WorkloadCheck.repeats(n)
        + ")";
  }

  private <T> long any(SortedMap<Long, T> from) {
    var keys = new ArrayList<>(from.keySet());
    return keys.get(random.nextInt(keys.size()));
  }
}
