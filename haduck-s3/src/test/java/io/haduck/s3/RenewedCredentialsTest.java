package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.haduck.core.StoreAccessException;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.EmbeddedS3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Credentials that go bad and are replaced while a store is open. */
class RenewedCredentialsTest {
  private static final String FILE = "aws.sharedCredentialsFile";
  private static final ObjectBody BODY = ObjectBody.of(new byte[] {1});

  @TempDir Path directory;
  private Path credentials;
  private EmbeddedS3 server;

  @BeforeEach
  void start() {
    credentials = directory.resolve("credentials");
    System.setProperty(FILE, credentials.toString());
    server = EmbeddedS3.inMemory();
  }

  @AfterEach
  void stop() {
    System.clearProperty(FILE);
    server.close();
  }

  /**
   * The SDK reads the file again where its time is later than the last reading's. The kernel stamps
   * a write with its last tick, which may lie before a reading that was over when the write began:
   * so the file is given the time to the nanosecond, as if the writer had come a tick later.
   */
  private void write(String accessKey, String secretKey) throws IOException {
    Files.writeString(
        credentials,
        "[default]\naws_access_key_id = "
            + accessKey
            + "\naws_secret_access_key = "
            + secretKey
            + "\n");
    Files.setLastModifiedTime(credentials, FileTime.from(Instant.now()));
  }

  @Test
  void profileFile_thatIsRewritten_isReadAgain() throws IOException {
    assumeTrue(System.getenv("AWS_ACCESS_KEY_ID") == null);
    write(EmbeddedS3.ACCESS_KEY, EmbeddedS3.SECRET_KEY);
    try (ObjectStore store =
        new S3ObjectStoreProvider()
            .open(
                new ReplicaLocation("s3", EmbeddedS3.BUCKET, "a"),
                Map.of("s3.endpoint", server.endpoint().toString()))) {
      assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.DONE);
      write("nobody-knows-it", "hush-hush");
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> store.putIfAbsent("log/2", BODY))
                      .isInstanceOf(StoreAccessException.class)
                      .hasMessageContaining("InvalidAccessKeyId")
                      .hasMessageNotContaining("hush-hush"));
      write(EmbeddedS3.ACCESS_KEY, EmbeddedS3.SECRET_KEY);
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsInstanceOf(StoreAccessException.class)
          .until(() -> store.putIfAbsent("log/3", BODY).outcome() == Outcome.DONE);
    }
  }
}
