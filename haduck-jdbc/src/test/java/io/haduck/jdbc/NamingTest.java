package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static io.haduck.jdbc.Sql.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.restore.RestoreResult;
import io.haduck.jdbc.internal.wrapped.OfThisJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ways to name a database, and the first opening on a new machine: one test for each row of
 * docs/reference/naming.md. The database of the first machine is {@code one/app.duckdb} and holds a
 * row 'one'.
 */
@Tag("compat")
class NamingTest {
  @TempDir Path directory;
  private Path one;
  private Path two;

  @BeforeEach
  void replicateTheFirst() throws Exception {
    directory = directory.toRealPath();
    one = Files.createDirectory(directory.resolve("one")).resolve("app.duckdb");
    two = Files.createDirectory(directory.resolve("two")).resolve("app.duckdb");
    write(url(one), "one");
  }

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
    assertThat(OfThisJvm.databases().all()).as("left open").isEmpty();
  }

  private String url(Object database, String... settings) {
    return "jdbc:haduck:" + database + options() + String.join("", settings);
  }

  private String options() {
    return ";haduck.linger=0s;haduck.replica=file:" + directory.resolve("replica");
  }

  private static void write(String url, String who) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "CREATE TABLE IF NOT EXISTS t(who VARCHAR)");
      run(connection, "INSERT INTO t VALUES ('" + who + "')");
      Haduck.sync(connection);
    }
  }

  private static String rows(Connection connection, String table) throws SQLException {
    return text(connection, "SELECT string_agg(who, ',' ORDER BY who) FROM " + table);
  }

  private static String rows(String url) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      return rows(connection, "t");
    }
  }

  private void loseTheDisk() throws IOException {
    try (Stream<Path> files = Files.list(one.getParent())) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  private void refuses(String url, String... messages) {
    assertThatThrownBy(() -> DriverManager.getConnection(url))
        .isInstanceOf(SQLException.class)
        .hasMessageContainingAll(messages);
  }

  private void refusesTheOther(String url, Path path) throws Exception {
    refuses(url, "is the replica of " + one, "that of " + path, "haduck.name=…", "haduck.name=app");
    assertThat(rows(url(one))).as("nothing was changed").isEqualTo("one");
  }

  @Test
  void theSameUrl_onANewMachine_restores() throws Exception {
    loseTheDisk();
    assertThat(rows(url(one))).isEqualTo("one");
  }

  @Test
  void anotherSpellingOfThePath_restores() throws Exception {
    loseTheDisk();
    assertThat(rows(url(one.getParent() + "/../two//./../one/app.duckdb"))).isEqualTo("one");
    loseTheDisk();
    Path relative = Path.of("").toAbsolutePath().relativize(one);
    assertThat(rows(url(relative))).isEqualTo("one");
  }

  @Test
  void aDirectoryThatIsALink_isComparedAsWritten() throws Exception {
    loseTheDisk();
    Files.delete(one.getParent());
    Path volume = Files.createDirectory(directory.resolve("volume"));
    Files.createSymbolicLink(one.getParent(), volume);
    assertThat(rows(url(one))).isEqualTo("one");
    assertThat(volume.resolve("app.duckdb")).isRegularFile();
  }

  @Test
  void aFileUrl_isTheLocalFile() throws Exception {
    for (String spelling :
        new String[] {
          "file:" + one,
          "file://" + one,
          "file://localhost" + one,
          "duckdb:" + one,
          "DuckDB:" + one,
          "duckdb:file:" + one
        }) {
      loseTheDisk();
      assertThat(rows(url(spelling))).as(spelling).isEqualTo("one");
    }
  }

  @Test
  void aLinkToAFileOfAnotherName_needsAName() throws Exception {
    Path link = directory.resolve("current.duckdb");
    Files.createSymbolicLink(link, one);
    refuses(url(link), "haduck.name=app.duckdb", "haduck.name=current.duckdb");
    assertThat(rows(url(link, ";haduck.name=app.duckdb"))).isEqualTo("one");
    loseTheDisk();
    Files.delete(link); // as on a new machine
    assertThat(rows(url(link, ";haduck.name=app.duckdb"))).isEqualTo("one");
  }

  @Test
  void anotherPath_withTheNameOfTheFile_isRefused() throws Exception {
    refusesTheOther(url(two), two);
    assertThat(two).doesNotExist();
    loseTheDisk();
    refuses(url(two), "is the replica of " + one);
  }

  @Test
  void anotherPath_withANameOfItsOwn_isAnotherDatabase() throws Exception {
    write(url(two, ";haduck.name=two"), "two");
    loseTheDisk();
    assertThat(rows(url(one))).isEqualTo("one");
    assertThat(rows(url(two, ";haduck.name=two"))).isEqualTo("two");
  }

  @Test
  void anotherPath_withTheSameName_isTheDatabaseMoved() throws Exception {
    loseTheDisk();
    write(url(two, ";haduck.name=app.duckdb"), "two");
    assertThat(rows(url(two))).as("it was said once").isEqualTo("one,two");
    refuses(url(one), "is the replica of " + two);
  }

  @Test
  void anotherPath_whereThereIsAFile_isRefused() throws Exception {
    Files.copy(one, two);
    refusesTheOther(url(two), two);
    Files.copy(Path.of(one + ".haduck"), Path.of(two + ".haduck"));
    refusesTheOther(url(two), two);
  }

  @Test
  void aVolumeMountedElsewhere_goesOn() throws Exception {
    Path moved = Files.move(one.getParent(), directory.resolve("moved")).resolve("app.duckdb");
    assertThat(rows(url(moved))).isEqualTo("one");
    Files.createDirectory(one.getParent());
    refuses(url(one), "is the replica of " + moved);
  }

  @Test
  void twoPathsAtOnce_underOneName_areRefused() throws Exception {
    try (Connection first = DriverManager.getConnection(url(one))) {
      refuses(url(two, ";haduck.name=app.duckdb"), one.toString(), "is replicated to");
      assertThat(rows(first, "t")).isEqualTo("one");
    }
  }

  @Test
  void namesThatDifferInCase_areTwoDatabases() throws Exception {
    Path upper = one.resolveSibling("App.duckdb");
    write(url(upper), "upper");
    loseTheDisk();
    assertThat(rows(url(one))).isEqualTo("one");
    assertThat(rows(url(upper))).isEqualTo("upper");
  }

  @Test
  void attached_hasTheNameOfItsFile_notItsAlias() throws Exception {
    loseTheDisk();
    try (Connection connection = DriverManager.getConnection("jdbc:haduck:")) {
      run(connection, "ATTACH 'haduck:file:" + one + options() + "' AS other");
      assertThat(rows(connection, "other.t")).isEqualTo("one");
      run(connection, "DETACH other");
      assertThatThrownBy(() -> run(connection, "ATTACH 'haduck:" + two + options() + "' AS app"))
          .hasMessageContainingAll("is the replica of " + one, "haduck.name=…");
      run(connection, "ATTACH 'haduck:" + two + options() + ";haduck.name=two' AS app");
      run(connection, "CREATE TABLE app.t AS SELECT 'two' AS who");
    }
  }

  @Test
  void dataSource_isAsTheUrl() throws Exception {
    loseTheDisk();
    var source = new HaduckDataSource();
    source.setUrl("jdbc:haduck:file://" + one);
    source.setReplica("file:" + directory.resolve("replica"));
    source.setLinger("0s");
    try (Connection connection = source.getConnection()) {
      assertThat(rows(connection, "t")).isEqualTo("one");
    }
    source.setDatabase(two.toString());
    assertThatThrownBy(source::getConnection).hasMessageContaining("is the replica of " + one);
    source.setName("two");
    source.getConnection().close();
  }

  @Test
  void restoreByHand_asksForNoPath() throws Exception {
    Path destination = directory.resolve("monday.duckdb");
    try (var replica = Haduck.replica(url("file:" + two), new Properties())) {
      RestoreResult result = Haduck.restore(RestoreRequest.latest(replica, destination));
      assertThat(result.databasePath()).contains(one.toString());
    }
    assertThat(rows("jdbc:haduck:" + destination)).isEqualTo("one");
  }

  @Test
  void readingOnly_isNotReplicatedAndAsksForNothing() throws Exception {
    Files.copy(one, two);
    try (Connection connection =
        DriverManager.getConnection("jdbc:haduck:file:" + two + ";access_mode=READ_ONLY")) {
      assertThat(rows(connection, "t")).isEqualTo("one");
    }
    // DuckDB takes the option that is written so: this connection may write.
    String both = ";access_mode=READ_WRITE;ACCESS_MODE=READ_ONLY";
    refusesTheOther(url(two, both), two);
  }

  @Test
  void aFileUrlThatDuckDbDoesNotUnderstand_isRefused() {
    for (String spelling :
        new String[] {"file:app.duckdb", "file://host" + one, "FILE:" + one, "File://" + one}) {
      refuses(url(spelling), spelling, "file:/absolute/path");
      refuses("jdbc:haduck:" + spelling, "file:/absolute/path");
      assertThatThrownBy(() -> Haduck.replica(url(spelling), new Properties()))
          .hasMessageContaining("file:/absolute/path");
    }
  }

  @Test
  void aNameThatDuckDbsUrlsCannotExpress_isRefused() throws Exception {
    refuses(url("~app.duckdb"), "~/", "./");
    Path spaced = directory.resolve("two").resolve("app.duckdb ");
    Files.createSymbolicLink(two, spaced);
    refuses(url(two, ";haduck.name=two"), "ends with a space");
  }
}
