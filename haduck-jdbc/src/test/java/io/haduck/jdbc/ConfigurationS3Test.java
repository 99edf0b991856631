package io.haduck.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.haduck.core.HaduckException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.testing.EmbeddedS3;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bucket that is configured wrongly, at a real S3 server. */
final class ConfigurationS3Test {
  private static EmbeddedS3 s3;

  @TempDir Path directory;
  private final Properties settings = new Properties();

  @BeforeAll
  static void start() {
    s3 = EmbeddedS3.inMemory();
  }

  @AfterAll
  static void stop() {
    s3.close();
  }

  @BeforeEach
  void configure() {
    s3.settings().forEach((key, value) -> settings.setProperty("haduck." + key, value));
    settings.setProperty("haduck.s3.bucket", EmbeddedS3.BUCKET);
    settings.setProperty("haduck.sync_timeout", "1s");
  }

  private SQLException refusal(Class<? extends HaduckException> by) {
    SQLException refused =
        catchThrowableOfType(
            SQLException.class,
            () ->
                DriverManager.getConnection(
                        "jdbc:haduck:" + directory.resolve("my.duckdb"), settings)
                    .close());
    assertThat((Throwable) refused).hasCauseInstanceOf(by);
    assertThat(refused.getSQLState()).isEqualTo("08001");
    assertThat(refused.getMessage())
        .doesNotContain(settings.getProperty("haduck.s3.secret_key", "?"));
    assertThat(directory.resolve("my.duckdb")).doesNotExist();
    return refused;
  }

  @Test
  void aMissingBucket_isNamed() {
    settings.setProperty("haduck.s3.bucket", "no-such-bucket");
    assertThat(refusal(StoreAccessException.class).getMessage())
        .contains("no-such-bucket", "Create the bucket", s3.endpoint().getAuthority());
  }

  @Test
  void aWrongKey_isSaidToBeOne() {
    settings.setProperty("haduck.s3.access_key", "AKIA-unknown");
    assertThat(refusal(StoreAccessException.class).getMessage())
        .contains("s3.access_key")
        .doesNotContain("AKIA-unknown");
  }

  @Test
  void aWrongSecret_isSaidToBeOne() {
    settings.setProperty("haduck.s3.secret_key", "wrong-secret");
    assertThat(refusal(StoreAccessException.class).getMessage())
        .contains("Correct haduck.s3.access_key and haduck.s3.secret_key");
  }

  @Test
  void halfACredential_isRefused() {
    settings.remove("haduck.s3.secret_key");
    assertThat(refusal(InvalidConfigurationException.class).getMessage())
        .contains("haduck.s3.access_key is set without haduck.s3.secret_key");
  }

  @Test
  void anEndpointThatNobodyListensAt_doesNotAnswer() throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    settings.setProperty("haduck.s3.endpoint", "http://127.0.0.1:" + port);
    SQLException refused = refusal(UnavailableException.class);
    assertThat((Throwable) refused).isInstanceOf(SQLTransientConnectionException.class);
    assertThat(refused.getMessage()).contains("does not answer", "127.0.0.1:" + port);
  }

  @Test
  void anEndpointOfAnUnknownHost_isNamed() {
    settings.setProperty("haduck.s3.endpoint", "http://no-such-host.invalid:9000");
    assertThat(refusal(UnavailableException.class).getMessage())
        .contains("no such host no-such-host.invalid", "check haduck.s3.endpoint and DNS");
  }

  @Test
  void httpsAtAServerWithoutTls_saysSo() {
    settings.setProperty("haduck.s3.endpoint", s3.endpoint().toString().replace("http:", "https:"));
    assertThat(refusal(HaduckException.class).getMessage()).contains("TLS", "s3.endpoint");
  }
}
