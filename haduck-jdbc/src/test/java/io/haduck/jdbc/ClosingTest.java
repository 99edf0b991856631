package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.haduck.jdbc.internal.database.DatabaseInstance;
import io.haduck.jdbc.internal.wrapped.HaduckConnection;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Connections whose close takes long, since DuckDB cannot interrupt what runs on them. Here the
 * driver's own lock stands for it, which the driver holds while it prepares.
 */
@Tag("compat")
@Timeout(120)
final class ClosingTest {
  @TempDir Path directory;

  private final List<Closer> closers = new ArrayList<>();

  @AfterEach
  void endReplication() throws Exception {
    for (Closer closer : closers) {
      closer.end();
    }
    Haduck.shutdown();
  }

  private Connection connect(String... options) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + directory.resolve("a.duckdb")
            + ";haduck.replica=file:"
            + directory.resolve("replica")
            + String.join("", options));
  }

  /** A close that has begun, and goes on when {@link #end} lets it. */
  private final class Closer {
    private final ReentrantLock busy;
    private final Thread thread;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Closer(Connection connection) throws Exception {
      Field lock = DuckDBConnection.class.getDeclaredField("connRefLock");
      lock.setAccessible(true);
      busy = (ReentrantLock) lock.get(((HaduckConnection) connection).delegate());
      busy.lock();
      thread =
          new Thread(
              () -> {
                try {
                  connection.close();
                } catch (Throwable e) {
                  failure.set(e);
                }
              });
      closers.add(this);
      thread.start();
      await().until(() -> busy.hasQueuedThread(thread));
    }

    void end() throws Exception {
      if (busy.isHeldByCurrentThread()) {
        busy.unlock();
      }
      thread.join();
      assertThat(failure).hasNullValue();
    }
  }

  @Test
  void closeThatTakesLong_holdsUpNobodyElse() throws Exception {
    try (Connection keep = connect()) {
      Connection busy = connect();
      Connection other = connect();
      run(keep, "CREATE TABLE t AS SELECT 1 AS i");
      Closer closer = new Closer(busy);
      try (Connection added = connect()) {
        run(added, "INSERT INTO t VALUES (2)");
        other.close();
        run(keep, "INSERT INTO t VALUES (3)");
        run(keep, "ATTACH 'haduck:" + directory.resolve("b.duckdb") + "' AS b");
        run(keep, "CREATE TABLE b.t AS SELECT 1 AS i");
        run(keep, "DETACH b");
        Haduck.checkpoint(keep);
        assertThat(Haduck.status(keep).connections()).isEqualTo(3);
      }
      closer.end();
      assertThat(count(keep, "t")).isEqualTo(3);
      assertThat(Haduck.status(keep).connections()).isEqualTo(1);
    }
  }

  /** Who is the last, when two close at one time, is not known before DuckDB has closed both. */
  @Test
  void closeOfTheLast_besideOneThatTakesLong_doesNotWaitForIt() throws Exception {
    Path database = directory.toRealPath().resolve("a.duckdb");
    Connection busy = connect(";haduck.linger=0s");
    Connection last = connect(";haduck.linger=0s");
    run(last, "CREATE TABLE t AS SELECT 1 AS i");
    Closer closer = new Closer(busy);
    last.close();
    assertThat(OfThisJvm.databases().isOpen(database)).isTrue();
    closer.end();
    assertThat(OfThisJvm.databases().isOpen(database)).isFalse();
    try (Connection again = connect(";haduck.linger=0s")) {
      assertThat(count(again, "t")).isEqualTo(1);
    }
  }

  /** It would open the file beside haduck's back while DuckDB closes it. */
  @Test
  void connect_whileTheLastIsBeingClosed_waitsForIt_andOpensTheDatabaseAnew() throws Exception {
    Connection last = connect();
    run(last, "CREATE TABLE t AS SELECT 1 AS i");
    DatabaseInstance before = ((HaduckConnection) last).session().instance();
    Closer closer = new Closer(last);
    var connected = new AtomicReference<Connection>();
    var failure = new AtomicReference<Throwable>();
    Thread connecting =
        new Thread(
            () -> {
              try {
                connected.set(connect());
              } catch (Throwable e) {
                failure.set(e);
              }
            });
    connecting.start();
    await().until(() -> connecting.getState() == Thread.State.WAITING);
    assertThat(connected).hasNullValue();
    closer.end();
    connecting.join();
    assertThat(failure).hasNullValue();
    try (Connection again = connected.get()) {
      assertThat(count(again, "t")).isEqualTo(1);
      assertThat(((HaduckConnection) again).session().instance()).isNotSameAs(before);
      run(again, "INSERT INTO t VALUES (2)");
      Haduck.sync(again);
    }
  }

  @Test
  void secondCloseOfOne_whileTheFirstTakesLong_isHarmless() throws Exception {
    try (Connection keep = connect()) {
      run(keep, "CREATE TABLE t AS SELECT 1 AS i");
      Connection busy = connect();
      Closer first = new Closer(busy);
      Thread second =
          new Thread(
              () -> {
                try {
                  busy.close();
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      second.start();
      await().until(() -> second.getState() == Thread.State.WAITING);
      assertThat(count(keep, "t")).isEqualTo(1);
      first.end();
      second.join();
      assertThat(Haduck.status(keep).connections()).isEqualTo(1);
    }
  }
}
