package io.haduck.s3;

import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreContract;
import io.haduck.core.store.ReplicaLocation;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

/**
 * Against MinIO in a container; skipped where there is no Docker. {@code HADUCK_TEST_MINIO_IMAGE}
 * names another image.
 */
@Testcontainers(disabledWithoutDocker = true)
class MinioObjectStoreTest extends ObjectStoreContract {
  private static final String BUCKET = "haduck-test";
  private static final String USER = "minio-user";
  private static final String PASSWORD = "minio-password";

  @Container
  private static final GenericContainer<?> MINIO =
      new GenericContainer<>(
              Optional.ofNullable(System.getenv("HADUCK_TEST_MINIO_IMAGE"))
                  .orElse("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"))
          .withEnv("MINIO_ROOT_USER", USER)
          .withEnv("MINIO_ROOT_PASSWORD", PASSWORD)
          .withCommand("server", "/data")
          .withExposedPorts(9000)
          .waitingFor(Wait.forHttp("/minio/health/ready").forPort(9000));

  @BeforeAll
  static void createBucket() {
    var location = new ReplicaLocation("s3", BUCKET, "");
    try (var client = S3Clients.open(location, S3Settings.of(settings()))) {
      client.createBucket(request -> request.bucket(BUCKET));
    }
  }

  private static Map<String, String> settings() {
    return Map.of(
        "s3.endpoint",
        "http://" + MINIO.getHost() + ":" + MINIO.getMappedPort(9000),
        "s3.access_key",
        USER,
        "s3.secret_key",
        PASSWORD);
  }

  @Override
  protected ObjectStore openStore(String name) {
    return new S3ObjectStoreProvider()
        .open(new ReplicaLocation("s3", BUCKET, "prefix/" + name), settings());
  }
}
