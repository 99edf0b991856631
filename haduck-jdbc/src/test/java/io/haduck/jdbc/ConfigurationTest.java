package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Setting;
import io.haduck.core.store.ObjectStoreSettings;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user can get wrong about the settings of one database, and what the driver says then. */
final class ConfigurationTest extends Refusals {
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
