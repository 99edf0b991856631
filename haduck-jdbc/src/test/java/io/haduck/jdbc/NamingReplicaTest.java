package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.store.ReplicaLocation;
import io.haduck.core.store.ReplicaPlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ways to name a replica: one test for each row of docs/reference/naming.md. */
@Tag("compat")
class NamingReplicaTest {
  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Path file(String name) throws IOException {
    Path file = directory.toRealPath().resolve(name);
    Files.createDirectories(file.getParent());
    return file;
  }

  private Connection open(Path database, String replica, String... settings) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:haduck:"
            + database
            + ";haduck.linger=0s;haduck.replica="
            + replica
            + String.join("", settings));
  }

  private void refuses(Path database, String replica, String setting, String... messages) {
    assertThatThrownBy(() -> open(database, replica, setting))
        .isInstanceOf(SQLException.class)
        .hasMessageContainingAll(messages);
    assertThat(database).doesNotExist();
  }

  private static void write(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t AS SELECT 1 AS i");
      Haduck.sync(connection);
    }
  }

  private static boolean hasTable(Connection connection) throws SQLException {
    try (var tables = connection.getMetaData().getTables(null, null, "t", null)) {
      return tables.next();
    }
  }

  @Test
  void spellingsOfOneReplica_areOne() throws Exception {
    Path app = file("app.duckdb");
    Path replica = file("replica/x").getParent();
    try (Connection connection = open(app, "file:" + replica)) {
      write(connection);
    }
    for (String spelling :
        new String[] {
          "file://" + replica,
          "FILE:" + replica,
          "file:" + replica + "/",
          "file:" + replica + "/../replica"
        }) {
      deleteFiles(app);
      try (Connection connection = open(app, spelling)) {
        assertThat(hasTable(connection)).as(spelling).isTrue();
        try (Connection another = open(app, "file:" + replica)) {
          assertThat(hasTable(another)).as(spelling).isTrue();
        }
      }
    }
    ReplicaPlace bucket = place("s3://bucket/a/b");
    assertThat(place("s3://bucket/a/b/").overlaps(bucket)).isTrue();
    assertThat(place("s3://bucket//a/b").overlaps(bucket)).isTrue();
    assertThat(place("s3://bucket/a/bc").overlaps(bucket)).isFalse();
    assertThat(place("s3://other/a/b").overlaps(bucket)).isFalse();
  }

  private static ReplicaPlace place(String location) {
    return ReplicaPlace.of(ReplicaLocation.parse(location));
  }

  private static void deleteFiles(Path database) throws IOException {
    for (String suffix : new String[] {"", ".wal", ".haduck", ".haduck-lock"}) {
      Files.deleteIfExists(Path.of(database + suffix));
    }
  }

  @Test
  void aLinkToTheReplica_isTheSameReplica() throws Exception {
    Path link = file("link");
    Files.createSymbolicLink(link, file("replica"));
    try (Connection connection = open(file("one/app.duckdb"), "file:" + file("replica"))) {
      write(connection);
      refuses(
          file("two/app.duckdb"), "file:" + link, ";haduck.name=app.duckdb", "is replicated to");
      try (Connection another = open(file("one/app.duckdb"), "file:" + link)) {
        assertThat(hasTable(another)).isTrue();
      }
    }
    refuses(file("two/app.duckdb"), "file:" + link, "", "is the replica of", "haduck.name=…");
    // Nor may it lead to the database itself.
    Path within = file("within");
    Files.createSymbolicLink(within, file("three/app.duckdb").getParent());
    refuses(file("three/app.duckdb"), "file:" + within, "", "is the database", "itself");
  }

  @Test
  void aReplicaWithinAnother_isRefused() throws Exception {
    try (Connection connection = open(file("one/app.duckdb"), "file:" + file("replica"))) {
      write(connection);
      Path two = file("two/b.duckdb");
      String inside = "file:" + file("replica").resolve("app.duckdb");
      refuses(two, inside, "", "lies within the other");
    }
    // Whoever has the other one open: these names are what a replica has in itself.
    for (String name : new String[] {"log", "segment", "snapshot", "probe", "lease"}) {
      refuses(file("two/b.duckdb"), "file:" + file("replica"), ";haduck.name=" + name, name);
      refuses(file("two/" + name), "file:" + file("replica"), "", "set haduck.name");
    }
  }

  @Test
  void aSlipInThePrefix_beginsAnotherReplica_unlessRestoreIsRequired() throws Exception {
    Path app = file("app.duckdb");
    try (Connection connection = open(app, "file:" + file("replica"))) {
      write(connection);
    }
    String slip = "file:" + file("replcia");
    assertThatThrownBy(() -> open(app, slip, ";haduck.restore=required"))
        .hasMessageContainingAll("is empty", "restore=required");
    deleteFiles(app);
    refuses(app, slip, ";haduck.restore=required", "is empty", "restore=if_missing");
    try (Connection connection = open(app, slip)) {
      assertThat(hasTable(connection)).as("a new and empty database").isFalse();
    }
    deleteFiles(app);
    try (Connection connection = open(app, "file:" + file("replica"), ";haduck.restore=required")) {
      assertThat(hasTable(connection)).isTrue();
    }
  }

  @Test
  void restoreIsRequired_withoutAReplica_isRefused() throws Exception {
    Path app = file("app.duckdb");
    assertThatThrownBy(
            () -> DriverManager.getConnection("jdbc:haduck:" + app + ";haduck.restore=required"))
        .hasMessageContainingAll("restore=required", "haduck.replica");
    assertThat(app).doesNotExist();
  }
}
