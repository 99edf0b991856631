package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.internal.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the machine lacks: a region, a module of the SDK, the right version of it. */
class S3SurroundingsTest {
  @TempDir Path directory;
  private final Map<String, String> before = new HashMap<>();

  @BeforeEach
  void forgetThisMachine() {
    assumeThat(System.getenv()).doesNotContainKeys("AWS_REGION", "AWS_ACCESS_KEY_ID");
    set("aws.disableEc2Metadata", "true");
    set("aws.configFile", directory.resolve("config").toString());
    set("aws.sharedCredentialsFile", directory.resolve("credentials").toString());
  }

  private void set(String property, String value) {
    before.put(property, System.setProperty(property, value));
  }

  @AfterEach
  void restoreProperties() {
    before.forEach(
        (property, value) -> {
          if (value == null) {
            System.clearProperty(property);
          } else {
            System.setProperty(property, value);
          }
        });
  }

  private static ObjectStore open(Map<String, String> settings) {
    return new S3ObjectStoreProvider()
        .open(new ReplicaLocation("s3", "bucket", "prefix/db"), settings);
  }

  @Test
  void withoutRegionAndEndpoint_bothAreNamed() {
    assertThatThrownBy(() -> open(Map.of("s3.access_key", "a", "s3.secret_key", "s")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("s3://bucket/prefix/db: no region. Set haduck.s3.region")
        .hasMessageContaining("if the bucket is not at AWS, set haduck.s3.endpoint");
  }

  @Test
  void profileOfSso_withoutItsModules_namesThem() throws IOException {
    Files.writeString(
        directory.resolve("config"),
        """
        [default]
        sso_session = mine
        sso_account_id = 123456789012
        sso_role_name = writer
        [sso-session mine]
        sso_region = eu-central-1
        sso_start_url = https://example.org/start
        """);
    Files.writeString(directory.resolve("credentials"), "");
    try (ObjectStore store = open(Map.of("s3.region", "eu-central-1"))) {
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("software.amazon.awssdk:sso and software.amazon.awssdk:ssooidc")
          .hasMessageNotContaining("no credentials: set");
    }
  }

  @Test
  void withoutAnyCredentials_thatIsSaid() {
    try (ObjectStore store = open(Map.of("s3.region", "eu-central-1"))) {
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("no credentials: set haduck.s3.access_key");
    }
  }

  @Test
  void modules_areFoundInWhatTheSdkSays() {
    assertThat(
            MissingSdkModule.cure(
                new IllegalStateException(
                    "To use web identity tokens, the 'sts' service module must be on the class"
                        + " path.")))
        .startsWith("the AWS profile or environment needs software.amazon.awssdk:sts on the class");
    assertThat(MissingSdkModule.cure(new IllegalStateException("anything else"))).isNull();
  }

  /** Opens a store, twice. */
  static final class Opening {
    public static void main(String[] arguments) {
      for (int i = 0; i < 2; i++) {
        try (ObjectStore store =
            open(Map.of("s3.endpoint", "http://127.0.0.1:1", "s3.region", "eu-central-1"))) {
          System.out.println("OPENED " + store);
        } catch (InvalidConfigurationException e) {
          System.out.println("REFUSED " + e.getMessage());
        }
      }
    }
  }

  private static List<String> opening(String modules) throws IOException {
    try (var child =
        ChildJvm.start(Map.of(), List.of(), List.of("--limit-modules", modules), Opening.class)) {
      return child.join();
    }
  }

  @Test
  void runtime_withoutAModule_isSaid_andTheOnesThatAreNamedAreEnough() throws IOException {
    assertThat(opening("java.sql"))
        .hasSize(2)
        .allSatisfy(
            line ->
                assertThat(line)
                    .startsWith("REFUSED this Java runtime lacks jdk.net.")
                    .contains("needs java.sql, jdk.net and"));
    assertThat(opening("java.sql,jdk.net,jdk.crypto.ec"))
        .hasSize(2)
        .allMatch(line -> line.startsWith("OPENED"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.12.1", "2.20.162", "2.5.0", "2.31.x"})
  void olderSdk_isRefused(String version) {
    assertThatThrownBy(() -> SdkVersion.require("s3", version))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("software.amazon.awssdk:s3 is " + version)
        .hasMessageContaining("haduck needs " + SdkVersion.LEAST)
        .hasMessageContaining("software.amazon.awssdk:bom");
  }

  @ParameterizedTest
  @ValueSource(strings = {SdkVersion.LEAST, "2.56.x", "2.100.0-PREVIEW", "3.0.0", "unheard of"})
  void newerSdk_isTaken(String version) {
    SdkVersion.require("s3", version);
    SdkVersion.require();
  }
}
