package io.haduck.jdbc.internal.url;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HaduckUrlTest {
  private static final Properties NONE = new Properties();

  @Test
  void parse_cutsOurKeysOutAndKeepsTheRestInItsOrder() {
    HaduckUrl url =
        HaduckUrl.parse(
            "jdbc:haduck:/data/my.duckdb;session_init_sql_file=/i.sql;haduck.linger=5s; threads = 4"
                + ";haduck.s3.secret_key=a=b=;access_mode=READ_WRITE");
    assertThat(url.database()).isEqualTo("/data/my.duckdb");
    assertThat(url.settings())
        .isEqualTo(Map.of("haduck.linger", "5s", "haduck.s3.secret_key", "a=b="));
    assertThat(url.duckdbUrl())
        .isEqualTo(
            "jdbc:duckdb:/data/my.duckdb;session_init_sql_file=/i.sql; threads = 4;access_mode=READ_WRITE");
    assertThat(url.toString()).doesNotContain("a=b").contains("haduck.s3.secret_key");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:haduck:, jdbc:duckdb:",
    "jdbc:haduck::memory:, jdbc:duckdb::memory:",
    "jdbc:haduck::memory:one, jdbc:duckdb::memory:one",
    "jdbc:haduck:memory:, jdbc:duckdb:memory:",
    "jdbc:haduck:;threads=1, jdbc:duckdb:;threads=1",
  })
  void parse_ofAMemoryUrl_passesItOn(String url, String expected) {
    assertThat(HaduckUrl.parse(url).duckdbUrl()).isEqualTo(expected);
    assertThat(HaduckUrl.parse(url).inMemory()).isTrue();
    assertThat(HaduckUrl.parse(url).isFile()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"md:my_db", "ducklake:/x", "s3://bucket/x.duckdb", "https://host/x.duckdb"})
  void isFile_ofADatabaseElsewhere_isFalse(String database) {
    assertThat(HaduckUrl.parse("jdbc:haduck:" + database).isFile()).isFalse();
    assertThat(HaduckUrl.parse("jdbc:haduck:" + database).inMemory()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"my.duckdb", "./a:b/my.duckdb", "/data/my.duckdb", "C:\\data\\my.duckdb"})
  void isFile_ofAPath_isTrue(String database) {
    assertThat(HaduckUrl.parse("jdbc:haduck:" + database).isFile()).isTrue();
  }

  @Test
  void accepts_onlyOurPrefix() {
    assertThat(HaduckUrl.accepts("jdbc:haduck:x")).isTrue();
    assertThat(HaduckUrl.accepts("jdbc:duckdb:x")).isFalse();
    assertThat(HaduckUrl.accepts(null)).isFalse();
  }

  @Test
  void parse_ofOurKeyWithoutValueOrTwice_isRefused() {
    assertThatThrownBy(() -> HaduckUrl.parse("jdbc:haduck:x;haduck.linger"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("write haduck.linger=value");
    assertThatThrownBy(
            () -> HaduckUrl.parse("jdbc:haduck:x;haduck.s3.secret_key=s1;haduck.s3.secret_key=s2"))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck.s3.secret_key")
        .hasMessageNotContaining("s1")
        .hasMessageNotContaining("s2");
  }

  @Test
  void readOnly_isSeenInUrlAndProperties_urlFirst() {
    var properties = new Properties();
    properties.put("duckdb.read_only", true);
    assertThat(HaduckUrl.parse("jdbc:haduck:x").readOnly(NONE)).isFalse();
    assertThat(HaduckUrl.parse("jdbc:haduck:x").readOnly(properties)).isTrue();
    assertThat(HaduckUrl.parse("jdbc:haduck:x;duckdb.read_only=false").readOnly(properties))
        .isFalse();
    assertThat(HaduckUrl.parse("jdbc:haduck:x;access_mode=read_only").readOnly(NONE)).isTrue();
    assertThat(HaduckUrl.parse("jdbc:haduck:x;ACCESS_MODE=READ_ONLY").readOnly(NONE)).isTrue();
    assertThat(HaduckUrl.parse("jdbc:haduck:x;access_mode=AUTOMATIC").readOnly(NONE)).isFalse();
  }

  @Test
  void unsharedInstance_isSeen() {
    assertThat(HaduckUrl.parse("jdbc:haduck:x;jdbc_instance_cache=false").unsharedInstance(NONE))
        .isTrue();
    assertThat(HaduckUrl.parse("jdbc:haduck:x;jdbc_instance_cache=true").unsharedInstance(NONE))
        .isFalse();
    assertThat(HaduckUrl.parse("jdbc:haduck:x").unsharedInstance(NONE)).isFalse();
  }

  @Test
  void connectionProperties_partOursFromDuckDbs() {
    var defaults = new Properties();
    defaults.setProperty("haduck.linger", "1s");
    var given = new Properties(defaults);
    given.setProperty("haduck.s3.secret_key", "s1;s2");
    given.put("haduck.sync_interval", 5);
    given.put("threads", 2);
    ConnectionProperties properties = ConnectionProperties.of(given);
    assertThat(properties.settings())
        .isEqualTo(
            Map.of(
                "haduck.linger",
                "1s",
                "haduck.s3.secret_key",
                "s1;s2",
                "haduck.sync_interval",
                "5"));
    assertThat(properties.duckdb()).containsExactly(Map.entry("threads", 2));
    assertThat(given).containsKey("haduck.s3.secret_key");
    assertThat(properties.toString()).doesNotContain("s1");
  }
}
