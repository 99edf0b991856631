package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.StoreAccessException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user can get wrong about where a database and its replica are, and what serves. */
final class ConfigurationPlacesTest extends Refusals {
  /** Writes, loses the local files, and reads what was restored. */
  private void assertReplicates(String url, Path database) throws Exception {
    try (Connection connection = DriverManager.getConnection(url)) {
      run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
    }
    Haduck.shutdown();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(database.getParent())) {
      for (Path file : files) {
        if (file.getFileName().toString().startsWith(database.getFileName().toString())) {
          Files.delete(file);
        }
      }
    }
    try (Connection connection = DriverManager.getConnection(url)) {
      assertThat(count(connection, "t")).isEqualTo(1000);
    }
    assertThat(database).isRegularFile();
  }

  @ParameterizedTest
  @CsvSource({
    "backup, 's3://bucket/prefix or file:/absolute/directory'",
    "/backup, file:/absolute/directory",
    "file:backup, file:/absolute/directory",
    "file:./backup, file:/absolute/directory",
    "file:../backup, file:/absolute/directory",
    "file:~/backup, file:/absolute/directory",
    "file://host/backup, not of the form",
    "S3:/bucket/p, s3://bucket/prefix",
    "s3:/bucket/p, s3://bucket/prefix",
    "s3://bucket/a/../b, without '.' and '..'",
    "s3://buc_ket?region=wJalrXUtnFEMI, other settings into keys of their own",
    "s3://key:wJalrXUtnFEMI@bucket/p, credentials go into haduck.s3.access_key",
    "https://me:wJalrXUtnFEMI@minio/bucket, haduck.s3.endpoint",
    "gs://bucket/prefix, 'on the class path are'",
    "ftp://host/directory, s3: needs io.haduck:haduck-s3",
  })
  void aLocationThatIsNone_isRefused(String location, String expected) {
    assertThat(refused(url(";haduck.replica=", location)))
        .contains(expected.replace("''", "'"))
        .doesNotContain(SECRET);
    assertThat(directory).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "s3.endpoint, http://me:wJalrXUtnFEMI@host, without credentials",
    "s3.endpoint, http://me:wJal rXUtnFEMI@host, without credentials",
    "s3.endpoint, minio:9000, 'http://localhost:9000'",
    "s3.endpoint, s3://minio:9000, 'http://localhost:9000'",
    "s3.bucket, key:wJalrXUtnFEMI@bucket, the name of a bucket",
    "s3.bucket, s3://bucket, the name of a bucket",
    "s3.prefix, a/../b, without '.' and '..'",
  })
  void aBadStore_isRefused(String key, String value, String expected) {
    assertThat(refused(url(";haduck." + key + "=" + value)))
        .contains("haduck." + key, "from the URL", expected)
        .doesNotContain(SECRET)
        .doesNotContain("rXUtnFEMI");
    assertThat(refused("haduck." + key, value, url()))
        .contains("haduck." + key, "from the connection's properties", expected);
  }

  @Test
  void aDirectoryThatIsMissing_isMade() throws Exception {
    assertReplicates(url(";haduck.replica=file:" + file("not/yet/there/")), file("my.duckdb"));
    assertThat(file("not/yet/there/my.duckdb/log")).isDirectory();
  }

  @Test
  void aFileInTheReplicasWay_isNamed() throws IOException {
    Files.writeString(file("replica"), "a file");
    assertThat(refused(url(replica()), StoreAccessException.class))
        .contains(file("replica").toString(), "a file is where a directory belongs");
    assertThat(file("my.duckdb")).doesNotExist();
  }

  @Test
  void aReplicaAtOrAroundTheDatabase_isRefused() {
    assertThat(refused(url(";haduck.replica=file:" + directory)))
        .contains("file:" + file("my.duckdb"), "the database", "itself");
    assertThat(
            refused(
                url(
                    ";haduck.replica=file:" + directory.getParent(),
                    ";haduck.name=",
                    directory.getFileName().toString())))
        .contains("has it inside");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void twoFiles_forOneReplica_areRefused_namingTheOther() throws Exception {
    String other = "jdbc:haduck:" + file("other.duckdb");
    try (Connection connection = DriverManager.getConnection(url(replica(), ";haduck.name=db"))) {
      run(connection, "CREATE TABLE t(a INTEGER)");
      for (String same : List.of("replica", "./replica", "x/../replica/", "/replica")) {
        assertThat(refused(other + ";haduck.name=db;haduck.replica=file:" + directory + "/" + same))
            .contains(file("my.duckdb").toString(), file("other.duckdb").toString(), "haduck.name");
      }
      assertThat(file("other.duckdb")).doesNotExist();
    }
  }

  @Test
  void replicaNone_switchesOffWhatALaterSourceSays() throws SQLException {
    System.setProperty("haduck.replica", "file:" + file("replica"));
    try (Connection connection = DriverManager.getConnection(url(";haduck.replica=none"))) {
      assertThat(Haduck.status(connection).replication()).isEmpty();
    } finally {
      System.clearProperty("haduck.replica");
    }
    assertThat(file("replica")).doesNotExist();
  }

  // --- names and paths

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "/a", "..", ".", "", "a?b", "a\\b", "a\u0001b"})
  void aName_thatIsNone_isRefused(String name) {
    assertThat(refused(url(replica(), ";haduck.name=", name)))
        .contains("haduck.name=", "from the URL", "1 to 255 bytes");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aName_ofMoreThan255Bytes_isRefused() {
    assertThat(refused(url(replica(), ";haduck.name=", "ü".repeat(128)))).contains("255 bytes");
    assertThat(refused(url(";haduck.replica=s3://bucket/", "p".repeat(950), ";haduck.name=db")))
        .contains("1024", "shorter prefix");
    assertThat(
            refused(
                url(";haduck.replica=file:" + file("n".repeat(300))), StoreAccessException.class))
        .contains("too long", "choose a shorter directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "naïve Käfer (2)", "数据库", "it's", "a=b", "...", "-x"})
  void aName_ofAnyOtherKind_serves(String name) throws Exception {
    assertReplicates(url(replica(), ";haduck.name=", name), file("my.duckdb"));
    assertThat(file("replica").resolve(name)).isDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b.duckdb", "it's.duckdb", "naïve 数据.duckdb", "noextension", "a=b"})
  void aFile_ofAnyName_isReplicatedByIt(String name) throws Exception {
    assertReplicates("jdbc:haduck:" + file(name) + replica(), file(name));
    assertThat(file("replica").resolve(name)).isDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a?b.duckdb", "a#b.duckdb", "a%20b.duckdb", "a\"b\".duckdb", "a~b"})
  void aFile_whoseNameCannotBeAKey_asksForAName(String name) throws Exception {
    String url = "jdbc:haduck:" + file(name) + replica();
    assertThat(refused(url)).contains("'" + name + "'", "set haduck.name");
    assertThat(directory).isEmptyDirectory();
    assertReplicates(url + ";haduck.name=db", file(name));
  }

  @Test
  void aPath_thatIsNoFile_isRefused() {
    assertThat(refused("jdbc:haduck:" + directory)).contains(directory + " is a directory");
    assertThat(refused("jdbc:haduck:" + file("no/such.duckdb"))).contains("create it first");
    assertThat(refused("jdbc:haduck:/a\0b")).contains("cannot be the path of a file");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aFileName_thatLeavesNoRoomForItsCompanions_isRefusedBeforeAnythingHappens() {
    String name = "n".repeat(200);
    assertThatThrownBy(
            () ->
                DriverManager.getConnection(
                    "jdbc:haduck:" + file(name) + replica() + ";haduck.name=db"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("200 bytes")
        .hasMessageContaining("199");
    assertThat(directory).isEmptyDirectory();
  }
}
