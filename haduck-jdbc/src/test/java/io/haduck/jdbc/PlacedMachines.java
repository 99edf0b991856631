package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.lease.LeaseRecord;
import io.haduck.core.lease.LeaseRequests;
import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectStore;
import io.haduck.jdbc.PlacedStores.Call;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.AfterEach;

/** Writers and standbys in this JVM, as on machines of their own, whose ways to the store fail. */
abstract class PlacedMachines extends StandbyPair {
  /** What does not return. */
  private final List<Hang> hangs = new ArrayList<>();

  /** Calls that are not answered until it is over, and then arrive. */
  static final class Hang implements PlacedStores.Trouble {
    private final BiPredicate<Call, String> picks;
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);

    Hang(BiPredicate<Call, String> picks) {
      this.picks = picks;
    }

    @Override
    public void before(Call call, String key) {
      if (picks.test(call, key)) {
        begun.countDown();
        try {
          over.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new UnavailableException("interrupted", e);
        }
      }
    }

    boolean hasBegun() {
      return begun.getCount() == 0;
    }

    void end() {
      over.countDown();
    }
  }

  @AfterEach
  void heal() {
    PlacedStores.healAll();
    hangs.forEach(Hang::end);
  }

  @Override
  String replica(String place) {
    return PlacedStores.url(place, directory.resolve("replica"));
  }

  static boolean appends(Call call, String key) {
    return call == Call.WRITE && key.startsWith("log/");
  }

  /** What is picked is not answered, at one place. */
  Hang hang(String place, BiPredicate<Call, String> picks) {
    var hang = new Hang(picks);
    hangs.add(hang);
    PlacedStores.trouble(place, hang);
    return hang;
  }

  /** 403, for the log alone. */
  static void denyAppends(String place) {
    PlacedStores.trouble(
        place,
        (call, key) -> {
          if (appends(call, key)) {
            throw new StoreAccessException("403 AccessDenied: " + key);
          }
        });
  }

  static void cutOff(String place) {
    PlacedStores.trouble(
        place,
        (call, key) -> {
          throw new UnavailableException("no route from " + place);
        });
  }

  /** Runs a text elsewhere: {@code done}, or the SQLState. */
  static CompletableFuture<String> outcome(Connection connection, String sql) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            run(connection, sql);
            return "done";
          } catch (SQLException e) {
            return String.valueOf(e.getSQLState());
          }
        });
  }

  /** Whatever it says of what is not on the replica. */
  static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      assertThat(e.getSQLState()).as(e.getMessage()).matches("08.*|RP.*");
    }
  }

  /** One of them is, and it has the lease. */
  void requireOneWriter(String place, Connection writer, Connection... others) throws SQLException {
    run(writer, "INSERT INTO t VALUES (-1000)");
    Haduck.sync(writer);
    assertThat(lease().state()).isEqualTo(LeaseRecord.State.HELD);
    assertThat(lease().holder().label()).isEqualTo(place);
    for (Connection other : others) {
      assertThatThrownBy(() -> run(other, "INSERT INTO t VALUES (-2000)"))
          .isInstanceOf(SQLException.class)
          .extracting(it -> ((SQLException) it).getSQLState())
          .isIn("25006", "08006");
    }
    assertThat(rowsOfTheReplica()).contains(-1000L).doesNotContain(-2000L);
  }

  private ObjectStore store() {
    return new FileObjectStore(directory.resolve("replica").resolve("my.duckdb"));
  }

  LeaseRecord lease() {
    try (ObjectStore store = store()) {
      return LeaseRequests.read(store).orElseThrow();
    }
  }

  /** What is restored from it now. */
  List<Long> rowsOfTheReplica() throws SQLException {
    try (ObjectStore store = store()) {
      Path file = Files.createTempDirectory(directory, "restored").resolve("my.duckdb");
      Restorer.create().restore(RestoreRequest.latest(store, file));
      try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + file);
          Statement statement = plain.createStatement();
          ResultSet rows = statement.executeQuery("SELECT i FROM t")) {
        List<Long> found = new ArrayList<>();
        while (rows.next()) {
          found.add(rows.getLong(1));
        }
        return found;
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
