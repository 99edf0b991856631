package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class S3SettingsTest {
  @Test
  void withEndpoint_pathStyleAndARegionAreTheDefault() {
    S3Settings settings = S3Settings.of(Map.of("s3.endpoint", "http://minio:9000"));

    assertThat(settings.pathStyle()).isTrue();
    assertThat(settings.region()).isEqualTo("us-east-1");
    assertThat(settings.place()).isEqualTo("minio:9000");
  }

  @Test
  void withoutEndpoint_itIsAwsAndTheSdkLooksForTheRegion() {
    S3Settings settings = S3Settings.of(Map.of("s3.bucket", "b", "s3.region", " "));

    assertThat(settings.pathStyle()).isFalse();
    assertThat(settings.region()).isNull();
    assertThat(settings.accessKey()).isNull();
  }

  @Test
  void pathStyleAndRegion_canBeSet() {
    S3Settings settings =
        S3Settings.of(
            Map.of(
                "s3.endpoint", "https://s3.example.org",
                "s3.path_style", "FALSE",
                "s3.region", "eu-1"));

    assertThat(settings.pathStyle()).isFalse();
    assertThat(settings.region()).isEqualTo("eu-1");
  }

  @Test
  void kmsKey_meansKms() {
    assertThat(S3Settings.of(Map.of("s3.sse_kms_key_id", "k")).sse()).isEqualTo("aws:kms");
    assertThatThrownBy(() -> S3Settings.of(Map.of("s3.sse_kms_key_id", "k", "s3.sse", "AES256")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck.s3.sse=aws:kms");
  }

  @ParameterizedTest
  @CsvSource({"s3.access_key,s3.secret_key", "s3.secret_key,s3.access_key"})
  void halfACredential_isRefusedWithoutShowingIt(String given, String missing) {
    assertThatThrownBy(() -> S3Settings.of(Map.of(given, "hush-hush")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining(missing)
        .hasMessageNotContaining("hush-hush");
  }

  @Test
  void sessionTokenAlone_isRefused() {
    assertThatThrownBy(() -> S3Settings.of(Map.of("s3.session_token", "hush-hush")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("s3.session_token")
        .hasMessageNotContaining("hush-hush");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "minio:9000",
        "ftp://minio",
        "http://",
        "http:minio",
        "not a url",
        "minio",
        "http://under_score:9000"
      })
  void endpoint_thatIsNoHttpUrl_isRefused(String endpoint) {
    assertThatThrownBy(() -> S3Settings.of(Map.of("s3.endpoint", endpoint)))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("s3.endpoint");
  }

  @Test
  void endpoint_withCredentials_isRefusedWithoutShowingThem() {
    assertThatThrownBy(
            () -> S3Settings.of(Map.of("s3.endpoint", "http://user:hush-hush@minio:9000")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("s3.access_key")
        .hasMessageNotContaining("hush-hush");
  }

  @Test
  void flag_thatIsNone_isRefused() {
    assertThatThrownBy(() -> S3Settings.of(Map.of("s3.path_style", "yes please")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("not true or false");
  }

  @Test
  void toString_showsNoSecrets() {
    S3Settings settings =
        S3Settings.of(
            Map.of(
                "s3.access_key", "AKIA-hush",
                "s3.secret_key", "hush-hush",
                "s3.session_token", "hush-token"));

    assertThat(settings.toString()).doesNotContain("hush");
  }
}
