package io.haduck.core.settings;

import static java.util.Locale.ROOT;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.store.ObjectStoreSettings;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Without {@code haduck-s3}, which declares them: who sets keys of S3 believes in a replica. */
class UnclaimedSettingTest {
  private static final Map<String, String> NONE = Map.of();

  private static void refuse(
      Map<String, String> url, Map<String, String> system, Map<String, String> environment) {
    Settings settings =
        Settings.resolve(ObjectStoreSettings.known(), url, NONE, system, environment);
    MissingReplica.refuse(settings, "/data/a.duckdb");
  }

  @ParameterizedTest
  @ValueSource(strings = {"endpoint", "region", "access_key", "secret_key", "session_token"})
  void keyOfS3_withoutAReplica_isRefused_andNotShown(String key) {
    assertThatThrownBy(() -> refuse(NONE, Map.of("haduck.s3." + key, "geheim"), NONE))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck.s3." + key + " from a system property")
        .hasMessageContaining("haduck-s3 on the class path")
        .hasMessageNotContaining("geheim");
    assertThatThrownBy(
            () -> refuse(NONE, NONE, Map.of("HADUCK_S3_" + key.toUpperCase(ROOT), "geheim")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("haduck.s3." + key + " from the environment");
  }

  @Test
  void keyOfS3_whereNoReplicaIsWanted_orAnotherOneIs_isNoError() {
    Map<String, String> key = Map.of("haduck.s3.endpoint", "https://s3.example");
    assertThatCode(() -> refuse(Map.of("haduck.replica", "none"), key, NONE))
        .doesNotThrowAnyException();
    assertThatCode(() -> refuse(Map.of("haduck.replica", "file:/replica"), key, NONE))
        .doesNotThrowAnyException();
  }

  @Test
  void variablesThatPlatformsInvent_areNoError() {
    assertThatCode(
            () ->
                refuse(
                    NONE,
                    Map.of("haduck.s3.endpoint", " "),
                    Map.of("HADUCK_S3_PORT", "tcp://10.0.0.1:80", "HADUCK_S3_SERVICE_HOST", "x")))
        .doesNotThrowAnyException();
  }
}
