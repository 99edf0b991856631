package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pool opens many connections at once while the store is out. */
final class SharedFailureTest {
  private static final int CALLERS = 6;

  @TempDir Path directory;

  @Test
  void connect_whileAnotherCallFindsTheStoreOut_doesNotWaitAgain() throws Exception {
    Path replica = directory.resolve("replica");
    Path named = replica.resolve("my.duckdb");
    List<Thread> callers = new ArrayList<>();
    var attempts = new AtomicInteger();
    FaultyStores.prepare(
        named,
        store -> {
          store.outage(true);
          attempts.incrementAndGet();
          // The first one fails when all others wait for it.
          await()
              .until(
                  () ->
                      callers.stream()
                              .filter(caller -> caller.getState() == Thread.State.WAITING)
                              .count()
                          == CALLERS - 1);
        });
    String url =
        "jdbc:haduck:"
            + directory.resolve("my.duckdb")
            + ";haduck.sync_timeout=300ms;haduck.replica="
            + FaultyStores.url(replica);
    var failures = new ConcurrentLinkedQueue<SQLException>();
    for (int i = 0; i < CALLERS; i++) {
      callers.add(
          new Thread(
              () -> {
                try {
                  DriverManager.getConnection(url).close();
                } catch (SQLException e) {
                  failures.add(e);
                }
              }));
    }
    for (Thread caller : callers) {
      caller.start();
    }
    for (Thread caller : callers) {
      caller.join(60_000);
    }
    assertThat(attempts).hasValue(1);
    assertThat(failures)
        .hasSize(CALLERS)
        .allSatisfy(failure -> assertThat(failure.getMessage()).contains("does not answer"));
    // It is nobody's fault any more when it is over.
    FaultyStores.prepare(named, store -> {});
    DriverManager.getConnection(url).close();
    Haduck.shutdown();
  }
}
