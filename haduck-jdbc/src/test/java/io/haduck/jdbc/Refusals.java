package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The URL of one database, and what the driver says to it where it is wrong. */
abstract class Refusals {
  static final String SECRET = "wJalrXUtnFEMI";

  @TempDir Path directory;

  @AfterEach
  void endReplication() {
    Haduck.shutdown();
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  String url(String... options) {
    return "jdbc:haduck:" + file("my.duckdb") + String.join("", options);
  }

  String replica() {
    return ";haduck.replica=file:" + file("replica");
  }

  static SQLException refusal(String url, Properties properties) {
    SQLException refused =
        catchThrowableOfType(
            SQLException.class, () -> DriverManager.getConnection(url, properties).close());
    assertThat((Throwable) refused).as(url).isNotNull();
    return refused;
  }

  /** Of class 08001, by a typed error. */
  static String refused(String url, Class<? extends HaduckException> by) {
    SQLException refused = refusal(url, new Properties());
    assertThat((Throwable) refused).as(url).hasCauseInstanceOf(by);
    assertThat(refused.getSQLState()).isEqualTo("08001");
    return refused.getMessage();
  }

  static String refused(String url) {
    return refused(url, InvalidConfigurationException.class);
  }

  static String refused(String key, Object value, String url) {
    var properties = new Properties();
    properties.put(key, value);
    SQLException refused = refusal(url, properties);
    assertThat((Throwable) refused).hasCauseInstanceOf(InvalidConfigurationException.class);
    return refused.getMessage();
  }
}
