package io.haduck.jdbc.internal.following;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.follower.FollowedPosition;
import io.haduck.core.follower.FollowerCopy;
import io.haduck.core.follower.WalReplay;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What DuckDB shows by one name: copies, the database itself, and a copy again. */
@Tag("compat")
final class ShownCopiesTest {
  @TempDir Path directory;
  private ShownCopies copies;

  @BeforeEach
  void open() {
    var connector =
        new InMemoryConnector() {
          @Override
          public DuckDBConnection connect(String database) throws SQLException {
            return (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:" + database);
          }

          @Override
          public Object options() {
            return List.of();
          }
        };
    var instance = new StandbyInstance(connector, directory.resolve("my.duckdb"));
    copies = new ShownCopies(instance, WalReplay.WHOLE);
  }

  @AfterEach
  void close() {
    copies.close();
  }

  private FollowerCopy copy(int number) throws Exception {
    Path own = Files.createDirectories(directory.toRealPath().resolve(Integer.toString(number)));
    Path database = own.resolve("my.duckdb");
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + database);
        Statement statement = plain.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT " + number + " AS a");
    }
    return new FollowerCopy(
        database,
        new FollowedPosition(new UUID(1, 1), 1, new UUID(2, 2), number, "00", 1, 0, Instant.EPOCH));
  }

  private int read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT a FROM " + copies.name() + ".t")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void back_afterTheDatabaseWasOpenedForWriting_showsTheLastCopyReadOnly() throws Exception {
    copies.show(copy(1));
    copies.show(copy(2));
    try (DuckDBConnection user = copies.connect()) {
      copies.toWritable(copy(3).database()).close();
      assertThat(read(user)).isEqualTo(3);
      copies.show(copy(4));
      assertThat(read(user)).as("what is written is newer").isEqualTo(3);
      try (Statement statement = user.createStatement()) {
        statement.execute("INSERT INTO " + copies.name() + ".t VALUES (30)");
      }

      copies.back();

      assertThat(read(user)).isEqualTo(2);
      try (Statement statement = user.createStatement()) {
        assertThatThrownBy(
                () -> statement.execute("INSERT INTO " + copies.name() + ".t VALUES (5)"))
            .hasMessageContaining("read-only");
      }
      copies.show(copy(6));
      assertThat(read(user)).as("it is followed again").isEqualTo(6);
      copies.toWritable(copy(7).database()).close();
      assertThat(read(user)).as("it is promoted the next time").isEqualTo(7);
    }
  }

  @Test
  void back_whereNothingWasWritten_changesNothing() throws Exception {
    copies.back();
    copies.show(copy(1));
    copies.back();
    try (DuckDBConnection user = copies.connect()) {
      assertThat(read(user)).isEqualTo(1);
    }
    copies.close();
    assertThatCode(copies::back).doesNotThrowAnyException();
  }

  /** The copy may be gone by then: whoever reads is told by DuckDB, and newer ones are shown. */
  @Test
  void back_toACopyThatDoesNotOpen_neverFails_andTheNextOneIsShown() throws Exception {
    FollowerCopy gone = copy(1);
    copies.show(gone);
    copies.toWritable(copy(2).database()).close();
    Files.delete(gone.database());
    assertThatCode(copies::back).doesNotThrowAnyException();
    copies.show(copy(3));
    try (DuckDBConnection user = copies.connect()) {
      assertThat(read(user)).isEqualTo(3);
    }
  }

  @Test
  void show_afterItWasClosed_opensNothing() throws Exception {
    FollowerCopy late = copy(1);
    copies.close();
    assertThatThrownBy(() -> copies.show(late)).isInstanceOf(CancellationException.class);
    assertThatThrownBy(copies::connect).isInstanceOf(SQLException.class);
  }
}
