package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.jdbc.internal.database.OpenDatabase;
import io.haduck.jdbc.internal.database.Replication;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A wait for the store that ends for another reason than its time says which. */
final class EndedWaitTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  @Test
  void lastCloseThatWaits_whileHaduckShutsDown_saysThatTheReplicationWasClosed() throws Exception {
    Path replica = directory.resolve("replica");
    Connection connection =
        DriverManager.getConnection(
            "jdbc:haduck:"
                + directory.resolve("a.duckdb")
                + ";haduck.sync_timeout=10m;haduck.replica=file:"
                + replica);
    OpenDatabase database = OfThisJvm.databases().all().get(0);
    try (Statement statement = connection.createStatement()) {
      Haduck.sync(connection);
      Files.move(replica, directory.resolve("away"));
      statement.execute("CREATE TABLE t AS SELECT 1 AS i");
    }
    CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> close(connection));
    await().until(() -> database.replication().filter(Replication::isAwaited).isPresent());
    Haduck.shutdown();
    assertThatThrownBy(closing::join)
        .cause()
        .cause()
        .isInstanceOf(ReplicationPendingException.class)
        .hasMessageContaining("its replication was closed meanwhile")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("longer than"));
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new CompletionException(new IllegalStateException(e));
    }
  }
}
