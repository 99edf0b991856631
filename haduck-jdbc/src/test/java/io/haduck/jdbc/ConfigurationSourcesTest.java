package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.replica.Restorer;
import io.haduck.core.restore.RestoreRequest;
import io.haduck.core.settings.Setting;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.jdbc.internal.url.ConnectionProperties;
import io.haduck.jdbc.internal.url.ConnectionSettings;
import io.haduck.jdbc.internal.url.HaduckUrl;
import io.haduck.testing.EmbeddedS3;
import io.haduck.testing.internal.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings from the environment, in a JVM of its own, against those from elsewhere. */
final class ConfigurationSourcesTest {
  private static final Map<String, String> OF_SOMEBODY_ELSE =
      Map.of(
          "HADUCK_PORT_8080_TCP", "tcp://10.0.0.1:8080",
          "HADUCK_SERVICE_HOST", "10.0.0.1",
          "HADUCK_DURABILTY", "always",
          "HADUCK_", "nothing");

  @TempDir Path directory;

  @Test
  void eachSetting_comesFromUrlPropertiesSystemPropertyEnvironment_inThisOrder() throws Exception {
    for (boolean bucket : new boolean[] {false, true}) {
      List<Setting<?>> settings = new ArrayList<>(ObjectStoreSettings.known().all());
      // The two name one thing: they contradict each other within one source.
      settings.remove(bucket ? Setting.REPLICA : Setting.S3_BUCKET);
      var environment = new HashMap<>(OF_SOMEBODY_ELSE);
      var expected = new ArrayList<String>();
      for (Setting<?> setting : settings) {
        environment.put(setting.environmentName(), value(setting, 0));
        expected.add(setting.key() + " from the environment: " + value(setting, 0));
        expected.add(setting.key() + " from a system property: " + value(setting, 1));
        expected.add(setting.key() + " from the connection's properties: " + value(setting, 2));
        expected.add(setting.key() + " from the URL: " + value(setting, 3));
      }
      List<String> arguments = settings.stream().map(Setting::key).toList();
      try (var child =
          ChildJvm.start(
              environment,
              List.of(),
              List.of("-Xmx128m"),
              Resolving.class,
              arguments.toArray(String[]::new))) {
        // The mistyped one is told of, beside what the settings are.
        assertThat(child.join())
            .filteredOn(line -> !line.contains("HADUCK_DURABILTY does nothing"))
            .containsExactlyElementsOf(expected);
      }
    }
  }

  private static String value(Setting<?> setting, int index) {
    List<String> values = SettingValues.of(setting);
    return values.get(index % values.size());
  }

  /** Prints what each setting is while the one source after the other gives it too. */
  static final class Resolving {
    private Resolving() {}

    public static void main(String[] keys) {
      for (String shortKey : keys) {
        Setting<?> setting = ObjectStoreSettings.known().byKey(shortKey).orElseThrow();
        String key = setting.qualifiedKey();
        var properties = new Properties();
        String url = "jdbc:haduck:my.duckdb";
        print(setting, url, properties);
        System.setProperty(key, value(setting, 1));
        print(setting, url, properties);
        properties.setProperty(key, value(setting, 2));
        print(setting, url, properties);
        print(setting, url + ";" + key + "=" + value(setting, 3), properties);
        System.clearProperty(key);
      }
    }

    private static void print(Setting<?> setting, String url, Properties properties) {
      Settings settings =
          ConnectionSettings.resolve(HaduckUrl.parse(url), ConnectionProperties.of(properties));
      System.out.println(
          setting.key() + " from " + settings.source(setting) + ": " + settings.get(setting));
    }
  }

  @Test
  void environment_configuresAll_andNoOutputShowsASecret() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.inMemory()) {
      var environment = new HashMap<>(OF_SOMEBODY_ELSE);
      environment.put("HADUCK_S3_BUCKET", EmbeddedS3.BUCKET);
      environment.put("HADUCK_S3_PREFIX", "from the/environment");
      environment.put("HADUCK_S3_ENDPOINT", s3.endpoint().toString());
      environment.put("HADUCK_S3_ACCESS_KEY", EmbeddedS3.ACCESS_KEY);
      environment.put("HADUCK_S3_SECRET_KEY", EmbeddedS3.SECRET_KEY);
      environment.put("HADUCK_DURABILITY", "commit");
      environment.put("HADUCK_SYNC_TIMEOUT", "20s");
      environment.put("HOME", directory.toString());
      List<String> lines;
      try (var child =
          ChildJvm.start(
              environment,
              List.of(),
              List.of("-Xmx256m", "-Dorg.slf4j.simpleLogger.log.io.haduck=trace"),
              Working.class,
              "jdbc:haduck:~/my.duckdb")) {
        lines = child.join();
      }
      assertThat(lines)
          .contains("worked")
          .anyMatch(it -> it.contains("is replicated to") && it.contains("durability=commit"))
          .anyMatch(it -> it.contains("secret_key=***"))
          .anyMatch(it -> it.contains("other values of haduck.s3.secret_key"))
          .anyMatch(it -> it.contains("SignatureDoesNotMatch") || it.contains("403"));
      assertThat(String.join("\n", lines))
          .doesNotContain(EmbeddedS3.SECRET_KEY)
          .doesNotContain(EmbeddedS3.ACCESS_KEY)
          .doesNotContain(Working.WRONG);
      assertThat(directory.resolve("my.duckdb")).isRegularFile();
      Path restored = directory.resolve("restored.duckdb");
      try (ObjectStore store = s3.openStore("from the/environment/my.duckdb")) {
        Restorer.create().restore(RestoreRequest.latest(store, restored));
      }
      assertThat(Files.size(restored)).isPositive();
    }
  }

  /** Uses a database, does things that fail, and prints everything there is to print. */
  static final class Working {
    static final String WRONG = "a-wrong-secret";

    private Working() {}

    public static void main(String[] arguments) throws Exception {
      String url = arguments[0];
      try (Connection connection = DriverManager.getConnection(url)) {
        run(connection, "CREATE TABLE t AS SELECT range AS a FROM range(1000)");
        run(connection, "CHECKPOINT");
        System.out.println(Haduck.status(connection) + " " + connection);
        System.out.println(connection.getMetaData().getURL());
        fail(url + ";haduck.s3.secret_key=" + WRONG);
      }
      fail(url.replace("my.duckdb", "other.duckdb") + ";haduck.s3.secret_key=" + WRONG);
      var source = new HaduckDataSource(url + ";haduck.s3.secret_key=" + WRONG);
      source.setS3AccessKey(WRONG);
      System.out.println(source + " " + source.getUrl());
      System.out.println("worked");
    }

    private static void fail(String url) {
      try {
        DriverManager.getConnection(url).close();
        System.out.println("did not fail");
      } catch (SQLException e) {
        e.printStackTrace(System.out);
      }
    }
  }
}
