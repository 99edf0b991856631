package io.haduck.bench;

import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.testing.CountingStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.duckdb.DuckDBConnection;

/**
 * Commits that wait for the store. First one thread, each commit followed by one bare conditional
 * PUT of as many bytes; then several threads, whose commits share PUTs; then across checkpoints.
 */
final class Commits implements Scenario {
  private static final String ROW = "INSERT INTO events VALUES (?, ?, ?)";

  @Override
  public void run(Workspace workspace) throws Exception {
    int rounds = workspace.options().rounds();
    int commits = Math.max(20, rounds * 200 * workspace.options().turns() / 8);
    Path database = workspace.file("commits.duckdb");
    var store = new CountingStore(workspace.openStore("commits"));
    try (ObjectStore bare = workspace.openStore("bare");
        Subject subject = Subject.replicated(database, store)) {
      subject.execute("CREATE TABLE events (id BIGINT, name VARCHAR, value DOUBLE)");
      subject.awaitReplica();
      latency(subject, store, bare, 2 * commits);
      Waits waits = latency(subject, store, bare, commits);
      Latencies haduck = waits.haduck();
      Latencies put = waits.bare();
      workspace.out().println("one thread, one row a commit:");
      waits.duckdb().report(workspace.out(), "DuckDB's own commit");
      haduck.report(workspace.out(), "from its return until the store has it");
      waits.itsPut().report(workspace.out(), "  of which haduck's own PUT");
      waits.rest().report(workspace.out(), "  and all else");
      put.report(workspace.out(), "a bare conditional PUT of as many bytes");
      workspace
          .out()
          .printf(
              Locale.ROOT,
              "  ratio to the bare PUT: p50 %.2f, p99 %.2f%n",
              haduck.quantile(0.5) / put.quantile(0.5),
              haduck.quantile(0.99) / put.quantile(0.99));
      for (int threads : List.of(1, 8, 64)) {
        throughput(workspace, subject, store, threads, commits);
      }
      checkpoints(workspace, subject, commits);
    }
  }

  /**
   * What a commit takes.
   *
   * @param duckdb until DuckDB has committed
   * @param haduck from there on until the store has it
   * @param itsPut of that, in the store
   * @param rest of that, elsewhere
   * @param bare a PUT of as many bytes afterwards
   */
  private record Waits(
      Latencies duckdb, Latencies haduck, Latencies itsPut, Latencies rest, Latencies bare) {
    Waits() {
      this(new Latencies(), new Latencies(), new Latencies(), new Latencies(), new Latencies());
    }
  }

  private static Waits latency(Subject subject, CountingStore store, ObjectStore bare, int commits)
      throws Exception {
    var waits = new Waits();
    try (PreparedStatement insert = subject.connection().prepareStatement(ROW)) {
      for (int i = 0; i < commits; i++) {
        long bytesBefore = store.putBytes();
        long putBefore = store.putNanos();
        long begun = System.nanoTime();
        insert(insert, i);
        long committed = System.nanoTime();
        subject.awaitReplica();
        long took = System.nanoTime() - committed;
        long inPut = store.putNanos() - putBefore;
        waits.duckdb().add(committed - begun);
        waits.haduck().add(took);
        waits.itsPut().add(inPut);
        waits.rest().add(took - inPut);
        byte[] same = new byte[(int) (store.putBytes() - bytesBefore)];
        long before = System.nanoTime();
        PutResult result = bare.putIfAbsent("bare/" + System.nanoTime(), ObjectBody.of(same));
        waits.bare().add(System.nanoTime() - before);
        if (result.outcome() != PutResult.Outcome.DONE) {
          throw new IllegalStateException("a bare PUT failed: " + result);
        }
      }
    }
    return waits;
  }

  private static void insert(PreparedStatement insert, int i) throws SQLException {
    insert.setLong(1, i);
    insert.setString(2, "event number " + i);
    insert.setDouble(3, i * 1.5);
    insert.executeUpdate();
  }

  private static void throughput(
      Workspace workspace, Subject subject, CountingStore store, int threads, int commits)
      throws Exception {
    long putsBefore = store.puts();
    long bytesBefore = store.putBytes();
    var latencies = new Latencies();
    long begun = System.nanoTime();
    int each = Math.max(1, commits * Math.min(threads, 8) / threads);
    inParallel(
        threads,
        thread -> {
          try (Connection own = duplicate(subject);
              PreparedStatement insert = own.prepareStatement(ROW)) {
            for (int i = 0; i < each; i++) {
              long before = System.nanoTime();
              insert(insert, i);
              subject.awaitReplica();
              latencies.add(System.nanoTime() - before);
            }
          }
          return null;
        });
    double seconds = (System.nanoTime() - begun) / 1e9;
    int made = each * threads;
    workspace
        .out()
        .printf(
            Locale.ROOT,
            "%d threads: %,.0f commits a second; per 1,000 commits %,.0f PUTs and %,.0f KB%n",
            threads,
            made / seconds,
            (store.puts() - putsBefore) * 1000.0 / made,
            (store.putBytes() - bytesBefore) * 1.0 / made);
    latencies.report(workspace.out(), "a commit, DuckDB and store together");
  }

  /** Four threads commit while a fifth checkpoints. */
  private static void checkpoints(Workspace workspace, Subject subject, int commits)
      throws Exception {
    var latencies = new Latencies();
    var checkpointed = new Latencies();
    inParallel(
        5,
        thread -> {
          try (Connection own = duplicate(subject);
              Statement statement = own.createStatement();
              PreparedStatement insert = own.prepareStatement(ROW)) {
            for (int i = 0; i < commits / 2; i++) {
              long before = System.nanoTime();
              if (thread == 0) {
                if (i % 10 == 0) {
                  try {
                    statement.execute("CHECKPOINT");
                  } catch (SQLException e) {
                    continue; // others were writing
                  }
                  subject.awaitReplica();
                  checkpointed.add(System.nanoTime() - before);
                }
                Thread.sleep(5);
              } else {
                insert(insert, i);
                subject.awaitReplica();
                latencies.add(System.nanoTime() - before);
              }
            }
          }
          return null;
        });
    workspace.out().println("four threads beside CHECKPOINTs of a fifth:");
    latencies.report(workspace.out(), "a commit, DuckDB and store together");
    checkpointed.report(workspace.out(), "a CHECKPOINT that succeeded, with its upload");
  }

  /** What one thread does. */
  @FunctionalInterface
  private interface Part {
    Void run(int thread) throws Exception;
  }

  private static void inParallel(int threads, Part part) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      var tasks = new ArrayList<Callable<Void>>();
      for (int i = 0; i < threads; i++) {
        int thread = i;
        tasks.add(() -> part.run(thread));
      }
      for (Future<Void> task : pool.invokeAll(tasks)) {
        task.get();
      }
    } finally {
      pool.shutdown();
    }
  }

  private static Connection duplicate(Subject subject) throws SQLException {
    return subject.connection().unwrap(DuckDBConnection.class).duplicate();
  }
}
