package io.haduck.core.replica;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ConcurrentLinkedDeque;

/** SELECTs of which a few rows were fetched, so that their transactions stay open. */
final class StreamingReaders {
  private static final int ROWS_FETCHED = 3000;

  private final ConcurrentLinkedDeque<Reader> readers = new ConcurrentLinkedDeque<>();

  private record Reader(Connection connection, Statement statement, ResultSet rows) {
    void close() throws SQLException {
      rows.close();
      statement.close(); // or it keeps its transaction
      connection.close();
    }
  }

  /** Begins to read a table, by a connection that is closed with the reader. */
  void open(Connection connection, String table) throws SQLException {
    Statement statement = connection.createStatement();
    statement.execute("SET SESSION jdbc_stream_results = true");
    ResultSet rows = statement.executeQuery("SELECT * FROM " + table);
    for (int count = 0; count < ROWS_FETCHED && rows.next(); count++) {
      rows.getLong(1);
    }
    readers.add(new Reader(connection, statement, rows));
  }

  int size() {
    return readers.size();
  }

  void closeOldest() throws SQLException {
    Reader oldest = readers.poll();
    if (oldest != null) {
      oldest.close();
    }
  }

  /** May be called by another thread. Returns how many were open. */
  int closeAll() throws SQLException {
    int closed = 0;
    for (Reader reader = readers.poll(); reader != null; reader = readers.poll()) {
      reader.close();
      closed++;
    }
    return closed;
  }
}
