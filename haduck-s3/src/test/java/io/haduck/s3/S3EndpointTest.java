package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.store.ReplicaLocation;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the pages of providers show, and what is made of it. */
class S3EndpointTest {
  private static void open(String endpoint, String bucket) {
    new S3ObjectStoreProvider()
        .open(
            new ReplicaLocation("s3", bucket, "prefix/db"),
            Map.of("s3.endpoint", endpoint, "s3.access_key", "a", "s3.secret_key", "s"))
        .close();
  }

  @ParameterizedTest
  @CsvSource({
    "https://acc.r2.cloudflarestorage.com/mine, mine, https://acc.r2.cloudflarestorage.com,",
    "https://acc.r2.cloudflarestorage.com/mine/, mine, https://acc.r2.cloudflarestorage.com,",
    "https://acc.r2.cloudflarestorage.com/mine, prefix, https://acc.r2.cloudflarestorage.com, s3://mine/",
    "https://mine.s3.eu-central-1.amazonaws.com, mine, https://s3.eu-central-1.amazonaws.com,",
    "https://s3.eu-central-1.amazonaws.com/mine, mine, https://s3.eu-central-1.amazonaws.com,",
    "https://mine.nyc3.digitaloceanspaces.com, mine, https://nyc3.digitaloceanspaces.com,",
    "https://gate.example.org/s3/v1/mine, mine, https://gate.example.org/s3/v1,",
    "http://minio:9000/mine, mine, http://minio:9000,"
  })
  void endpoint_withTheBucketInIt_isRefused_withWhatToWrite(
      String endpoint, String bucket, String instead, String replica) {
    assertThatThrownBy(() -> open(endpoint, bucket))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("has the bucket in it. Write " + instead + ", and")
        .hasMessageContaining(replica == null ? "s3://" + bucket + "/" : replica);
  }

  @ParameterizedTest
  @CsvSource({
    "https://backup.example.org, backup",
    "http://minio:9000, minio",
    "https://project.supabase.co/storage/v1/s3, mine",
    "https://acc.eu.r2.cloudflarestorage.com, acc",
    "https://s3.eu-central-1.amazonaws.com, mine"
  })
  void endpoint_withoutIt_isTaken(String endpoint, String bucket) {
    assertThatCode(() -> open(endpoint, bucket)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "http://minio:9000/, http://minio:9000",
    "HTTP://minio:9000//, http://minio:9000",
    "https://gate.example.org/s3/, https://gate.example.org/s3"
  })
  void slashesAtItsEnd_andCapitals_doNotCount(String endpoint, String meant) {
    assertThat(S3Endpoint.parse(endpoint)).hasToString(meant);
  }

  @ParameterizedTest
  @CsvSource({
    "https://s3.eu-central-1.amazonaws.com, eu-central-1",
    "https://bucket.s3.us-gov-west-1.amazonaws.com, us-gov-west-1",
    "https://s3-ap-southeast-2.amazonaws.com, ap-southeast-2",
    "https://s3.cn-north-1.amazonaws.com.cn, cn-north-1",
    "https://s3.amazonaws.com, us-east-1",
    "https://s3.example.org, us-east-1"
  })
  void region_isThatOfTheHost_whereAwsNamesIt(String endpoint, String region) {
    assertThat(S3Settings.of(Map.of("s3.endpoint", endpoint)).region()).isEqualTo(region);
    assertThat(S3Settings.of(Map.of("s3.endpoint", endpoint, "s3.region", "x-1")).region())
        .isEqualTo("x-1");
  }
}
