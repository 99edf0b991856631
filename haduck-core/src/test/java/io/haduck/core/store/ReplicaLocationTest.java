package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaLocationTest {
  @ParameterizedTest
  @CsvSource({
    "s3://bucket,s3://bucket/db",
    "s3://bucket/,s3://bucket/db",
    "s3://bucket/a/b/,s3://bucket/a/b/db",
    "S3://bucket//a,s3://bucket/a/db",
    "file:/backup,file:/backup/db",
    "file:/backup//,file:/backup/db",
    "file:///backup,file:/backup/db",
    "file:/,file:/db"
  })
  void resolve_ofParsed_isTheReplica(String text, String replica) {
    assertThat(ReplicaLocation.parse(text).resolve("db")).hasToString(replica);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bucket",
        ":x",
        "s3:bucket",
        "s3:/bucket",
        "s3://",
        "s3:///a",
        "file:a",
        "file://host/a",
        "file:"
      })
  void parse_ofWhatIsNone_saysTheForm(String text) {
    assertThatThrownBy(() -> ReplicaLocation.parse(text))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("s3://bucket/prefix or file:/absolute/directory");
  }
}
