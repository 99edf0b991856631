package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.settings.Settings;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.jdbc.internal.url.ConnectionProperties;
import io.haduck.jdbc.internal.url.HaduckUrl;
import io.haduck.testing.internal.HostileInputs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** URLs, properties and settings that nobody meant to write. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
final class HostileUrlTest {
  private static final String SECRET = "qW9zXyS3cr3t";

  private static final List<byte[]> URLS =
      bytes(
          "jdbc:haduck:/data/my.duckdb;haduck.replica=s3://b/p;haduck.durability=commit;threads=4",
          "jdbc:haduck::memory:one;haduck.name=x;access_mode=READ_ONLY",
          "jdbc:haduck:/a b/ü;session_init_sql_file=/i.sql;haduck.s3.secret_key=" + SECRET,
          "jdbc:haduck:/data/my.duckdb;haduck.sync_interval=200ms;haduck.sync_timeout=5s;"
              + "haduck.linger=1h;haduck.s3.path_style=true;haduck.restore=never",
          "jdbc:haduck:file.db;;haduck.replica=;haduck.offline=allow",
          "jdbc:haduck:/d?haduck.replica=file:/x&haduck.name=y");

  @Test
  void urls() {
    var tally =
        new HostileInputs("HaduckUrl.parse", 512 << 10, 4000, InvalidConfigurationException.class)
            .feed(
                random -> HostileInputs.mutate(random, URLS),
                input -> {
                  String text = new String(input, StandardCharsets.UTF_8);
                  assertThat(HaduckUrl.withoutSettings(text)).startsWith("jdbc:haduck:");
                  HaduckUrl url = parse(text);
                  assertThat(url.duckdbUrl()).startsWith("jdbc:duckdb:");
                  if (HaduckUrl.parse(
                          "jdbc:haduck:" + url.duckdbUrl().substring("jdbc:duckdb:".length()))
                      .settings()
                      .keySet()
                      .stream()
                      .anyMatch(key -> key.startsWith("haduck."))) {
                    throw new AssertionError("a setting goes on to DuckDB: " + url.duckdbUrl());
                  }
                  if (url.isFile() && url.inMemory()) {
                    throw new AssertionError("both a file and in memory: " + url);
                  }
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  @Test
  void settings() {
    var tally =
        new HostileInputs("Settings.resolve", 512 << 10, 4000, InvalidConfigurationException.class)
            .feed(
                random -> HostileInputs.mutate(random, URLS),
                input -> {
                  HaduckUrl url = parse(new String(input, StandardCharsets.UTF_8));
                  Settings settings =
                      Settings.resolve(
                          ObjectStoreSettings.known(),
                          url.settings(),
                          Map.of(),
                          Map.of(),
                          Map.of());
                  assertHidden(settings.toString(), input);
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  @Test
  void properties() {
    var tally =
        new HostileInputs(
                "ConnectionProperties.of", 512 << 10, 4000, InvalidConfigurationException.class)
            .feed(
                random -> HostileInputs.mutate(random, URLS),
                input -> {
                  var properties = new Properties();
                  for (String part : new String(input, StandardCharsets.UTF_8).split(";", -1)) {
                    int equals = part.indexOf('=');
                    if (equals > 0) {
                      Object value = part.substring(equals + 1);
                      properties.put(
                          part.substring(0, equals),
                          part.length() % 7 == 0 ? (Object) part.length() : value);
                    }
                  }
                  var parted = ConnectionProperties.of(properties);
                  assertHidden(parted.toString(), input);
                  Settings settings =
                      Settings.resolve(
                          ObjectStoreSettings.known(),
                          Map.of(),
                          parted.settings(),
                          Map.of(),
                          Map.of());
                  assertHidden(settings.toString(), input);
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }

  /** Unless a splice has put the secret elsewhere, where it is none. */
  private static void assertHidden(String shown, byte[] input) {
    String elsewhere =
        new String(input, StandardCharsets.UTF_8)
            .replaceAll("(?s);haduck\\.s3\\.secret_key=[^;]*", "");
    if (!elsewhere.contains(SECRET)) {
      assertThat(shown).doesNotContain(SECRET);
    }
  }

  private static HaduckUrl parse(String text) {
    return HaduckUrl.parse(text);
  }

  private static List<byte[]> bytes(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }
}
