package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.settings.Setting;
import io.haduck.core.store.ObjectStoreSettings;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user can get wrong about one database, and what the driver says then. */
final class ConfigurationTest {
  private static final String SECRET = "wJalrXUtnFEMI";

  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private String url(String... options) {
    return "jdbc:haduck:" + file("my.duckdb") + String.join("", options);
  }

  private String replica() {
    return ";haduck.replica=file:" + file("replica");
  }

  private static SQLException refusal(String url, Properties properties) {
    SQLException refused =
        catchThrowableOfType(
            SQLException.class, () -> DriverManager.getConnection(url, properties).close());
    assertThat((Throwable) refused).as(url).isNotNull();
    return refused;
  }

  /** Of class 08001, by a typed error. */
  private static String refused(String url, Class<? extends HaduckException> by) {
    SQLException refused = refusal(url, new Properties());
    assertThat((Throwable) refused).as(url).hasCauseInstanceOf(by);
    assertThat(refused.getSQLState()).isEqualTo("08001");
    return refused.getMessage();
  }

  private static String refused(String url) {
    return refused(url, InvalidConfigurationException.class);
  }

  private static String refused(String key, Object value, String url) {
    var properties = new Properties();
    properties.put(key, value);
    SQLException refused = refusal(url, properties);
    assertThat((Throwable) refused).hasCauseInstanceOf(InvalidConfigurationException.class);
    return refused.getMessage();
  }

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

  // --- keys

  private static List<String> mistyped(String key) {
    var wrong = new ArrayList<String>();
    for (int i = 0; i < key.length(); i++) {
      if (key.charAt(i) != '.') {
        wrong.add(key.substring(0, i) + key.substring(i + 1));
        wrong.add(key.substring(0, i) + key.charAt(i) + key.substring(i));
      }
      if (i > 0 && key.charAt(i) != key.charAt(i - 1)) {
        wrong.add(
            key.substring(0, i - 1) + key.charAt(i) + key.charAt(i - 1) + key.substring(i + 1));
      }
    }
    wrong.add(key.toUpperCase(Locale.ROOT));
    wrong.add(key.replace('_', '-'));
    wrong.add(key.replace("_", ""));
    wrong.add(key.replace('.', '_'));
    wrong.removeIf(it -> ObjectStoreSettings.known().byKey(it).isPresent());
    return wrong;
  }

  @ParameterizedTest
  @MethodSource("io.haduck.jdbc.SettingValues#all")
  void aMistypedKey_isNamedWithTheNearest(Setting<?> setting) {
    String nearest = "the nearest known key is '" + setting.qualifiedKey() + "'";
    for (String wrong : mistyped(setting.key())) {
      assertThat(refused(url(";haduck." + wrong + "=" + SECRET)))
          .isEqualTo("unknown key 'haduck." + wrong + "' in the URL; " + nearest);
      assertThat(refused("haduck." + wrong, SECRET, url()))
          .isEqualTo(
              "unknown key 'haduck." + wrong + "' in the connection's properties; " + nearest);
    }
    assertThat(directory).isEmptyDirectory();
  }

  @ParameterizedTest
  @MethodSource("io.haduck.jdbc.SettingValues#all")
  void aKeyWithoutOrWithAWrongPrefix_isNotGivenToDuckDb(Setting<?> setting) {
    String key = setting.key();
    for (String wrong :
        List.of(
            key,
            key.toUpperCase(Locale.ROOT),
            setting.environmentName(),
            "haduck_" + key,
            "Haduck." + key,
            "hadcuk." + key,
            "haducks." + key)) {
      String expected =
          "'"
              + wrong
              + "' in the URL; did you mean '"
              + setting.qualifiedKey()
              + "'? The keys of haduck begin with haduck.";
      assertThat(refused(url(";", wrong, "=", SECRET))).isEqualTo("unknown key " + expected);
      assertThat(refused(wrong, SECRET, url()))
          .isEqualTo("unknown key " + expected.replace("the URL", "the connection's properties"));
      assertThat(refused(wrong, SECRET, url(";jdbc_ignore_unsupported_options=true")))
          .contains(setting.qualifiedKey());
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void duckDbsOwnOptions_areLeftToDuckDb() throws SQLException {
    var properties = new Properties();
    properties.setProperty("user", "me");
    properties.setProperty("memory_limit", "100MB");
    try (Connection connection =
        DriverManager.getConnection(url(";threads=2;;Access_Mode=READ_WRITE;"), properties)) {
      assertThat(connection.isValid(1)).isTrue();
    }
    for (String option : List.of("s3_endpoint", "s3_region", "tracing", "no.such.option")) {
      assertThat((Throwable) refusal(url(";", option, "=x"), new Properties()))
          .hasMessageContaining(option)
          .hasNoCause();
    }
  }

  @Test
  void whatIsNoKeyAndValue_isRefused_withoutShowingWhatMayBeASecret() {
    assertThat(refused("jdbc:haduck:" + file("a;b.duckdb")))
        .contains("'b.duckdb' in the URL is not of the form key=value", "semicolon", "rename");
    assertThat(refused(url(";haduck.s3.secret_key=x;" + SECRET)))
        .contains("what follows the ';' behind haduck.s3.secret_key", "Properties")
        .doesNotContain(SECRET);
    assertThat(refused(url(";haduck.s3.secret_key:" + SECRET)))
        .contains("'haduck.s3.secret_key' in the URL has no value")
        .doesNotContain(SECRET);
    assertThat(refused(url(";haduck.linger"))).contains("write haduck.linger=value");
    assertThat(refused(url(";haduck.s3.secret_key:" + SECRET + "=")))
        .contains("'haduck.s3.secret_key' in the URL; the nearest")
        .doesNotContain(SECRET);
    assertThat(directory).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"?", "&", " ", ",", " & "})
  void settingsBehindAnotherSeparator_areRefused(String separator) {
    assertThat(refused(url(separator + "haduck.s3.secret_key=" + SECRET)))
        .contains("each of them follows a ';'")
        .doesNotContain(SECRET);
    assertThat(refused(url(replica() + separator + "haduck.s3.secret_key=" + SECRET)))
        .contains("each of them follows a ';'")
        .doesNotContain(SECRET);
  }

  // --- where to

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

  @ParameterizedTest
  @MethodSource("io.haduck.jdbc.SettingValues#all")
  void anotherValue_forAnOpenDatabase_isRefused_namingTheKey(Setting<?> setting)
      throws SQLException {
    List<String> values = SettingValues.of(setting);
    String value = values.get(values.size() - 1);
    if (value.equals(setting.defaultValue())) {
      return; // there is no other yet
    }
    String given = setting == Setting.REPLICA ? "file:" + file("replica") : value;
    try (Connection connection = DriverManager.getConnection(url())) {
      assertThat(connection.isValid(1)).isTrue();
      assertThat(refused(url(";", setting.qualifiedKey(), "=", given)))
          .contains(file("my.duckdb").toString(), setting.qualifiedKey())
          .satisfies(it -> assertThat(setting.secret() && it.contains(given)).isFalse());
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

  // --- other ways to say it

  @Test
  void properties_thatAreNoText_areReadAsText_andArraysRefused() throws SQLException {
    var properties = new Properties();
    properties.put("haduck.sync_timeout", 5);
    properties.put("haduck.s3.path_style", true);
    properties.put("haduck.replica", Path.of("/backup").toUri()); // file:/backup
    properties.put("threads", 2);
    properties.put("haduck.linger", java.nio.CharBuffer.wrap("5s"));
    var described = new HaduckDriver().getPropertyInfo(url(), properties);
    assertThat(described)
        .filteredOn(it -> it.value != null && it.name.startsWith("haduck."))
        .extracting(it -> it.name + "=" + it.value)
        .contains("haduck.sync_timeout=5", "haduck.s3.path_style=true", "haduck.linger=5s")
        .anyMatch(it -> it.startsWith("haduck.replica=file:/"));
    assertThat(refused("haduck.s3.secret_key", SECRET.toCharArray(), url()))
        .contains("haduck.s3.secret_key", "char[]", "String");
  }

  @ParameterizedTest
  @MethodSource("io.haduck.jdbc.SettingValues#all")
  void propertyInfo_describesEachSetting_withChoicesThatAreAllowed(Setting<?> setting)
      throws SQLException {
    for (String value : SettingValues.of(setting)) {
      var properties = new Properties();
      properties.setProperty(setting.qualifiedKey(), value);
      var described = new HaduckDriver().getPropertyInfo(url(), properties);
      assertThat(described)
          .filteredOn(it -> it.name.equals(setting.qualifiedKey()))
          .singleElement()
          .satisfies(it -> assertThat(it.description).isNotBlank())
          .satisfies(it -> assertThat(it.required).isFalse())
          .satisfies(it -> assertThat(it.value).isEqualTo(setting.secret() ? null : value));
    }
  }

  @ParameterizedTest
  @MethodSource("io.haduck.jdbc.SettingValues#all")
  void dataSource_hasASetterForEachSetting(Setting<?> setting) throws Exception {
    var name = new StringBuilder("set");
    for (String word : setting.key().split("[._]", -1)) {
      name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
    }
    boolean flag = setting.key().equals("s3.path_style");
    var source = new HaduckDataSource(url());
    source
        .getClass()
        .getMethod(name.toString(), flag ? boolean.class : String.class)
        .invoke(source, flag ? true : "no\0value");
    assertThat(source.toString())
        .contains(setting.qualifiedKey(), file("my.duckdb").toString())
        .doesNotContain("no\0value");
    if (!flag) {
      assertThatThrownBy(source::getConnection).hasMessageContaining(setting.qualifiedKey());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ";haduck.s3.secret_key=wJalrXUtnFEMI",
        ";haduck.s3.secret_key=x;wJalrXUtnFEMI",
        ";haduck.s3.secret_key wJalrXUtnFEMI",
        ";HADUCK_S3_SECRET_KEY=wJalrXUtnFEMI",
        "?haduck.s3.secret_key=wJalrXUtnFEMI",
        ";threads=2&haduck.s3.secret_key=wJalrXUtnFEMI",
      })
  void dataSource_showsNoSecret_whateverItsUrlIs(String options) {
    var source = new HaduckDataSource(url(options));
    assertThat(source.getUrl())
        .startsWith("jdbc:haduck:" + file("my.duckdb"))
        .doesNotContain(SECRET);
    assertThat(source.toString()).doesNotContain(SECRET);
    assertThat(new HaduckDataSource(options).toString()).doesNotContain(SECRET);
    assertThatThrownBy(() -> new HaduckDataSource().setDatabase("/data/a;b.duckdb"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("'/data/a;b.duckdb' contains a semicolon");
  }
}
